import type { Cell, CellResult } from '../../model/cell.ts';
import { held, isSpoiled } from '../../model/verdict.ts';
import { cellFiles } from '../cell-files.ts';
import { statusOf, type RunSummary } from '../fold.ts';
import type { CellStatus } from '../status.ts';
import { lastLines, oneLine } from '../text.ts';
import type { KcidbStatus, KcidbTest } from './document.ts';
import type { KcidbOptions } from './options.ts';

/** A cell as a test, and its result; null if it has none. */
export interface TestOfCell {
  readonly test: KcidbTest;
  readonly result: CellResult | null;
}

/** Returns the cells of a run as tests. `buildOf` returns the id of a kernel's build. */
export function kcidbTests(
  summary: RunSummary,
  options: KcidbOptions,
  buildOf: (kernel: string) => string,
): TestOfCell[] {
  const environment = environmentOf(summary);
  const why = new Map(summary.unfinished.map(({ cell, reason }) => [cell.id, reason]));
  return summary.cells.map(cell => {
    const result = summary.results.get(cell.id) ?? null;
    const status = statusOf(summary, cell);
    const reason = oneLine(result?.reason ?? why.get(cell.id) ?? '');
    const begun = summary.starts.get(cell.id);
    const test: KcidbTest = {
      id: oneLine(`${options.origin}:${summary.runId}/${cell.id}`),
      build_id: buildOf(cell.kernel),
      origin: options.origin,
      path: testPath(cell),
      status: testStatus(status),
      comment: `${oneLine(cell.title)}${reason === '' ? '' : `: ${reason}`}`,
      ...(begun !== undefined && { start_time: begun }),
      ...(result !== null && { duration: result.durationMs / 1000 }),
      environment,
      ...(result !== null && logsOf(result, options)),
      misc: {
        cell: oneLine(cell.id),
        run: oneLine(summary.runId ?? ''),
        verdict: status,
        waived: status === 'known',
        reason,
        ...(result !== null && factsOf(result)),
      },
    };
    return { test, result };
  });
}

/**
 * Returns KCIDB's word for the status of a cell. `fixed` is `PASS`: the kernel does what the scenario states, and only its known entry is
 * wrong. A known failure is `FAIL`, with an incident that links it to its issue.
 */
export function testStatus(status: CellStatus): KcidbStatus {
  if (status === 'unfinished' || status === 'infra') return 'MISS';
  if (isSpoiled(status)) return 'ERROR';
  const holds = held(status);
  return holds === null ? 'SKIP' : holds ? 'PASS' : 'FAIL';
}

/** Returns the path of a cell in KCIDB's tree of tests, which has a few characters only. */
export function testPath({ scenario, variant }: Pick<Cell, 'scenario' | 'variant'>): string {
  const word = (text: string): string => text.replace(/[^\w-]+/g, '_').replace(/^_+(?=.)|(?<=.)_+$/g, '');
  const choices = Object.entries(variant).map(([axis, choice]) => `${word(axis)}-${word(choice)}`);
  const parts = ['bpfrig', ...scenario.split('/').map(word), choices.join('_')];
  return parts.filter(part => part !== '').join('.');
}

function environmentOf({ host }: RunSummary): KcidbTest['environment'] {
  if (host === null) return {};
  const { accel, cpus, memoryMiB } = host;
  const qemu = oneLine(host.qemu);
  return {
    comment: `guest of QEMU ${qemu} (${accel})`,
    misc: { qemu, accel, host_cpus: cpus, host_memory_mib: memoryMiB, bpfrig: oneLine(host.bpfrig) },
  };
}

function factsOf(result: CellResult): Record<string, unknown> {
  return {
    expectations: result.expectations
      .filter(({ ok }) => !ok)
      .map(({ expr, values, error }) => oneLine(`${expr}   (${error ?? values ?? 'false'})`)),
    repeat: oneLine(result.repeat),
    earlier_tries: result.earlierTries.map(one => `${one.verdict}: ${oneLine(one.reason)}`),
    phases_ms: result.phases,
  };
}

function logsOf(result: CellResult, { files }: KcidbOptions): Partial<KcidbTest> {
  const excerpt = excerptOf(result);
  const own =
    files === null ? [] : cellFiles(result).map(file => ({ ...file, url: `${files}/${file.address}` }));
  const log = own.find(({ name }) => name === 'console.log');
  const others = own.filter(file => file !== log);
  return {
    ...(excerpt !== '' && { log_excerpt: excerpt }),
    ...(log !== undefined && { log_url: log.url }),
    ...(others.length > 0 && {
      output_files: others.map(({ name, url }) => ({ name: oneLine(name).replaceAll('/', '_'), url })),
    }),
  };
}

/** The most that KCIDB takes, in characters. */
const EXCERPT_LENGTH = 16_384;

/** The end of the console, or of the long text where there is none, in whole lines. */
function excerptOf({ consoleTail, detail }: CellResult): string {
  const lines = lastLines(consoleTail.length > 0 ? consoleTail : (detail ?? '').split('\n'), 200, 400);
  while (lines.join('\n').length > EXCERPT_LENGTH) lines.shift();
  return lines.join('\n').trim();
}
