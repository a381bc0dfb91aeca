import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import type { BisectAnswer } from '../model/bisect-answer.ts';
import type { Cell, CellResult } from '../model/cell.ts';
import type { RunSummary } from '../report/fold.ts';
import { mailText } from '../report/mail/mail.ts';
import { BISECT_FILE, readBisectAnswer } from '../run/bisect-answer.ts';
import { BpfrigError } from '../util/errors.ts';
import { didYouMean } from '../util/nearest.ts';

/**
 * The report of one cell of a run for a mailing list. `dirs`: the run's folders. Throws `usage` for a cell that the run does not have or that has no
 * verdict, and for a folder that holds no bisect of its scenario.
 */
export function cellMail(
  summary: RunSummary,
  dirs: readonly string[],
  id: string,
  bisectDir: string | null,
): string {
  const result = resultOf(summary, id);
  const { file } = result.cell;
  const scenario = readScenario(dirs, file);
  const bisect = bisectDir === null ? null : bisectOf(bisectDir, result.cell);
  return mailText(summary, result, { scenario, source: sourceOf(scenario), bisect });
}

function resultOf(summary: RunSummary, id: string): CellResult {
  const result = summary.results.get(id);
  if (result !== undefined) return result;
  const ids = summary.cells.map(cell => cell.id);
  const why = ids.includes(id) ? 'it has no verdict' : `the run has no such cell${didYouMean(id, ids)}`;
  throw new BpfrigError('usage', `--mail ${id}: ${why}`);
}

/** What a scenario's file is called. A run that somebody else saved may name any file, and what is read here is sent to others. */
const SCENARIO = /\.ya?ml$|\.scenario\.[jt]s$/;

/** Files are relative to the folder that bpfrig was started in, which is this one or one above the run. */
function readScenario(dirs: readonly string[], file: string): string | null {
  if (!SCENARIO.test(file)) return null;
  const folders = [process.cwd(), ...dirs.flatMap(foldersAbove)];
  const path = folders.map(folder => join(folder, file)).find(isFile);
  return path === undefined ? null : readFileSync(path, 'utf8');
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function foldersAbove(dir: string): string[] {
  const path = resolve(dir);
  const above = dirname(path);
  return above === path ? [path] : [path, ...foldersAbove(above)];
}

/** `source` of a scenario; of a module, all of its text. */
function sourceOf(scenario: string | null): string {
  if (scenario === null) return '';
  try {
    const content: unknown = parse(scenario);
    if (typeof content === 'object' && content !== null && 'source' in content) return String(content.source);
  } catch {
    // A module.
  }
  return scenario;
}

/** A bisect of several scenarios found what changed in one of them, and one of other variants says nothing about this one. */
function bisectOf(dir: string, { scenario, variant }: Cell): BisectAnswer {
  const answer = readBisectAnswer(dir);
  const differs = (of: string, not: string): BpfrigError =>
    new BpfrigError('usage', `${join(dir, BISECT_FILE)} is a bisect of ${of}, not of ${not}`);
  const [only, ...others] = answer.scenarios;
  if (only !== scenario || others.length > 0)
    throw differs(answer.scenarios.join(', '), `${scenario}${others.length > 0 ? ' alone' : ''}`);
  for (const [axis, values] of Object.entries(answer.variant)) {
    const own = variant[axis] ?? '';
    if (!values.includes(own)) throw differs(`${axis}=${values.join(', ')}`, `${axis}=${own}`);
  }
  return answer;
}
