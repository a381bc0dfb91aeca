import { existsSync, readdirSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { RunEvent } from '../model/events.ts';
import { foldRun } from '../report/fold.ts';
import {
  historyCode,
  historyOf,
  recordRun,
  type History,
  type RunRecord,
} from '../report/history/history.ts';
import { toHistoryDocument } from '../report/history/schema.ts';
import { historyText } from '../report/history/text.ts';
import { renderHistory } from '../report/html/history-page.tsx';
import { createPaint } from '../report/paint.ts';
import type { ReporterName } from '../report/registry.ts';
import { inert } from '../report/text.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { jsonText } from '../util/json-text.ts';
import { makeFolder } from '../util/make-folder.ts';
import { onProgress } from './progress.ts';
import type { ReporterChoice } from './reporter-options.ts';
import { mayColor } from './reporters.ts';
import { readSavedRun } from './saved-run.ts';

/** A form of a history: a text, and the folders of its runs where it links to them. */
type Form = (history: History, links: readonly (string | null)[], color: boolean) => string;

/** The forms, by the names of the reporters whose form they have. */
const FORMS: Partial<Readonly<Record<ReporterName, { readonly file: string; readonly form: Form }>>> = {
  terminal: {
    file: 'history.txt',
    form: (history, _links, color) => inert(historyText(history, createPaint(color))),
  },
  html: { file: 'history.html', form: renderHistory },
  json: { file: 'history.json', form: history => `${jsonText(toHistoryDocument(history), 2)}\n` },
};

/**
 * Reports cells along several saved runs. `dirs` are folders of runs, or folders that hold such folders. Returns the exit code: 1 if the
 * newest run has a regression. Throws `usage` where there is no run, for a shard, and for another reporter.
 */
export function reportHistory(
  dirs: readonly string[],
  choices: readonly ReporterChoice[],
  out: string | null,
): number {
  const forms = choices.map(({ name, file }) => ({ file, form: formOf(name) }));
  const folders = runFolders(dirs);
  const records = folders.flatMap(({ folder, isNamed }) => recordOf(folder, isNamed) ?? []);
  if (records.length === 0) throw new BpfrigError('usage', `--history: no whole run in ${dirs.join(', ')}`);
  const history = historyOf(records);
  for (const { file, form } of forms) {
    if (file === null) process.stdout.write(form(history, noLinks(history), mayColor()));
    else write(file, form(history, linksFrom(file, history), false));
  }
  if (out !== null) writeAll(out, history);
  return historyCode(history);
}

function formOf(name: ReporterName): Form {
  const known = FORMS[name];
  if (known !== undefined) return known.form;
  const names = Object.keys(FORMS).join(', ');
  throw new BpfrigError('usage', `--history: the reporter must be one of ${names}, not ${name}`);
}

function writeAll(out: string, history: History): void {
  try {
    makeFolder(out);
  } catch (error) {
    throw new BpfrigError('usage', `--out ${out}: cannot be made: ${messageOf(error)}`, { cause: error });
  }
  for (const { file, form } of Object.values(FORMS)) {
    const path = join(out, file);
    write(path, form(history, linksFrom(path, history), false));
  }
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    const isUsage = ['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
    const text = `${path}: cannot write there: ${messageOf(error)}`;
    throw new BpfrigError(isUsage ? 'usage' : 'infra', text, { cause: error });
  }
}

interface FoundRun {
  readonly folder: string;
  /** The user named it; otherwise it lies in a folder that the user named. */
  readonly isNamed: boolean;
}

/** The folders of runs that are named, or that lie in a named folder; each once, also if `latest` points at it. */
function runFolders(dirs: readonly string[]): FoundRun[] {
  const found = dirs.flatMap((dir): FoundRun[] => {
    if (isRun(dir)) return [{ folder: dir, isNamed: true }];
    const inside = foldersIn(dir).filter(isRun);
    if (inside.length === 0)
      throw new BpfrigError('usage', `${dir}: neither a run nor a folder of runs (no events.jsonl)`);
    return inside.map(folder => ({ folder, isNamed: false }));
  });
  return [...new Map(found.map(one => [realpathSync(one.folder), one])).values()];
}

function isRun(dir: string): boolean {
  return existsSync(join(dir, 'events.jsonl'));
}

function foldersIn(dir: string): string[] {
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(dir, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(entry => join(dir, entry.name));
}

/** A run, reduced; null for a shard or a run without a start in a folder of runs, which is left out with a word about it. */
function recordOf(folder: string, isNamed: boolean): RunRecord | null {
  const events = readSavedRun(folder);
  const why = whyNot(events);
  if (why === null) return recordRun(foldRun(events), folder);
  if (isNamed) throw new BpfrigError('usage', `--history: ${folder} ${why}`);
  onProgress(`left out: ${folder} ${why}`);
  return null;
}

function whyNot(events: readonly RunEvent[]): string | null {
  const start = events.find(event => event.type === 'run-start');
  if (start === undefined) return 'has no start of a run';
  if (start.shard === undefined) return null;
  const { index, count } = start.shard;
  return `is shard ${index}/${count}; merge the shards first: bpfrig report SHARD... --out DIR`;
}

function noLinks({ runs }: History): null[] {
  return runs.map(() => null);
}

/** The address of each run's folder from a file. */
function linksFrom(file: string, { runs }: History): (string | null)[] {
  return runs.map(({ folder }) => {
    if (!existsSync(join(folder, 'report.html'))) return null;
    const way = relative(dirname(file), folder);
    return `${(way === '' ? '.' : way).split('/').map(encodeURIComponent).join('/')}/`;
  });
}
