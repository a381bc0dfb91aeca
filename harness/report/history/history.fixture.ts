import type { RunEvent } from '../../model/events.ts';
import { countVerdicts, type Verdict } from '../../model/verdict.ts';
import { foldRun } from '../fold.ts';
import { goldenEvents } from '../golden.ts';

/** What differs from one run of a made-up history to the next. */
export interface RunOfHistory {
  /** Verdicts by the id of the cell; the others are those of the golden run, and its red cells are passes. */
  readonly verdicts?: Readonly<Record<string, Verdict>>;
  /** Version of the package of kernel 6.12. */
  readonly build?: string;
  /** Cells that the run does not plan. */
  readonly without?: readonly string[];
}

/** A cell that passes in the golden run. */
export const STEADY = 'cpumap/redirect/one-cpu[nic=veth,mode=native]@6.1';
export const FLAKE = 'cpumap/redirect/one-cpu[nic=veth,mode=native]@6.12';
export const REGRESSION = 'cpumap/kthread/entry-drop[nic=virtio,mode=native]@6.12';
export const FIXED = 'cpumap/kthread/entry-drop[nic=virtio,mode=native]@6.1';
export const GONE = 'cpumap/redirect/one-cpu[nic=veth,mode=generic]@6.1';

/**
 * Five runs of the golden run's cells: one is good and bad in turns, one is bad since the fourth run, with a new package of its kernel, one was
 * bad in the first two runs, and one is not in the last.
 */
export const FIVE_RUNS: readonly RunOfHistory[] = [
  { verdicts: { [FIXED]: 'fail' } },
  { verdicts: { [FIXED]: 'fail', [FLAKE]: 'fail' } },
  {},
  { verdicts: { [FLAKE]: 'fail', [REGRESSION]: 'fail' }, build: '6.12.118-1' },
  { verdicts: { [REGRESSION]: 'panic' }, build: '6.12.118-1', without: [GONE] },
];

/** Returns the events of one run of a history; `day` from 1, later runs have later ones. */
export function runOfHistory(day: number, { verdicts = {}, build, without = [] }: RunOfHistory): RunEvent[] {
  const date = `2026-03-${String(day).padStart(2, '0')}`;
  const events = goldenEvents('full').flatMap((event): RunEvent[] => {
    const at = event.at.replace('2026-03-14', date);
    switch (event.type) {
      case 'run-start': {
        const runId = event.runId.replace('20260314', date.replaceAll('-', ''));
        return [{ ...event, at, runId, cells: event.cells.filter(({ id }) => !without.includes(id)) }];
      }
      case 'kernel-ready': {
        if (build === undefined || event.kernel.id !== '6.12') return [{ ...event, at }];
        const packages = event.kernel.packages.map(one => ({ ...one, version: build }));
        return [{ ...event, at, kernel: { ...event.kernel, version: build.split('-')[0] ?? '', packages } }];
      }
      case 'cell-start':
        return without.includes(event.cell) ? [] : [{ ...event, at }];
      case 'cell-end': {
        const { cell } = event.result;
        if (without.includes(cell.id)) return [];
        const verdict = verdicts[cell.id] ?? calm(event.result.verdict);
        const reason = verdict === event.result.verdict ? event.result.reason : `made to ${verdict}`;
        return [{ ...event, at, result: { ...event.result, verdict, reason } }];
      }
      default:
        return [{ ...event, at }];
    }
  });
  const results = events.flatMap(event => (event.type === 'cell-end' ? [event.result] : []));
  const { exitCode } = foldRun(
    events.map(event => (event.type === 'run-end' ? { ...event, exitCode: 0 } : event)),
  );
  return events.map(event =>
    event.type === 'run-end' ? { ...event, counts: countVerdicts(results), exitCode } : event,
  );
}

function calm(verdict: Verdict): Verdict {
  return verdict === 'known' || verdict === 'skip' ? verdict : 'pass';
}
