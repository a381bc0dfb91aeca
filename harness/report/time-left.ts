import type { RunSummary } from './fold.ts';

/** Number of verdicts after which the speed of this run is used instead of the number of jobs. */
const OWN_SPEED_AFTER = 3;

/**
 * Estimates how much longer a run will take, in milliseconds, from the last durations of the remaining cells and the speed of this
 * run. Returns null if nothing is left or nothing is known yet. `begun` has the start times of cells, as `Date.now()` returns them;
 * `lastMs` returns how long a cell took when it last ran.
 */
export function timeLeft(
  summary: RunSummary,
  begun: ReadonlyMap<string, number>,
  now: number,
  lastMs: (cellId: string) => number | undefined = () => undefined,
): number | null {
  const done = [...summary.results.values()];
  const left = summary.cells.filter(cell => !summary.results.has(cell.id));
  if (left.length === 0) return null;
  const known = summary.cells.flatMap(cell => lastMs(cell.id) ?? []);
  const own = done.map(result => result.durationMs).filter(ms => ms > 0);
  const usual = mean(known) ?? mean(own);
  if (usual === null) return null;
  const weight = (id: string): number => lastMs(id) ?? usual;
  const running = new Set(summary.running.map(cell => cell.id));
  const work = left
    .map(({ id }) => {
      const spent = running.has(id) ? now - (begun.get(id) ?? now) : 0;
      return Math.max(0, weight(id) - spent);
    })
    .reduce((sum, ms) => sum + ms, 0);
  const speed =
    done.length < OWN_SPEED_AFTER
      ? null
      : speedOf(
          done.map(r => weight(r.cell.id)),
          begun,
          now,
        );
  if (speed === null && known.length === 0) return null;
  return work / (speed ?? Math.max(1, summary.jobs));
}

/** Returns the milliseconds of cell time per millisecond of wall time; null if no cell has started. */
function speedOf(weights: readonly number[], begun: ReadonlyMap<string, number>, now: number): number | null {
  const elapsed = now - Math.min(...begun.values());
  const work = weights.reduce((sum, ms) => sum + ms, 0);
  return elapsed > 0 && work > 0 && Number.isFinite(elapsed) ? work / elapsed : null;
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, ms) => sum + ms, 0) / values.length;
}
