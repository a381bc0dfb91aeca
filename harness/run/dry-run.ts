import { availabilityOf, type Availability } from '../kernel/availability.ts';
import type { NewEvent } from '../model/events.ts';
import { estimate, type Estimate } from './durations.ts';
import { shapeText, type PlannedCell } from './plan.ts';
import type { RequestedKernel } from './requested-kernel.ts';
import type { LastDurations } from './shard.ts';

/** What a run would do with one kernel. */
export interface PlannedKernel {
  readonly id: string;
  readonly spec: string;
  readonly availability: Availability;
  /** The guests that its cells need, `virtio, 4 CPUs, 512 MiB`, with the number of cells in each. One template is made per shape. */
  readonly shapes: Readonly<Record<string, number>>;
  readonly cells: number;
  readonly estimate: Estimate;
}

/** What a run would do. */
export interface DryRun {
  readonly kernels: readonly PlannedKernel[];
  readonly cells: number;
  readonly jobs: number;
  readonly estimate: Estimate;
}

/** Plans a run without fetching, building or booting anything. Kernels without cells are left out. */
export function planDryRun(
  kernels: readonly RequestedKernel[],
  cells: readonly PlannedCell[],
  options: {
    readonly cacheDir: string;
    readonly locked: boolean;
    readonly jobs: number;
    readonly durations: LastDurations;
  },
): DryRun {
  const { jobs, durations } = options;
  const estimateOf = (some: readonly PlannedCell[]): Estimate =>
    estimate(
      some.map(({ cell }) => durations.get(cell.id)),
      jobs,
    );
  const planned = kernels.flatMap(({ id, spec }): PlannedKernel[] => {
    const own = cells.filter(({ cell }) => cell.kernel === id);
    if (own.length === 0) return [];
    const availability = availabilityOf(spec, options);
    const shapes = countBy(own, ({ variant }) => shapeText(variant));
    return [{ id, spec: spec.text, availability, shapes, cells: own.length, estimate: estimateOf(own) }];
  });
  return { kernels: planned, cells: cells.length, jobs, estimate: estimateOf(cells) };
}

/** What fetching would do, in words. */
export const AVAILABILITY_TEXTS: Readonly<Record<Availability, string>> = {
  cached: 'cached',
  download: 'to download',
  newest: 'not pinned: newest of the mirror',
  file: 'from the disk',
  build: 'to build',
  absent: 'unavailable',
};

/** `about 2 min 5 s, 3 cells have not run before`; an empty text where nothing is known. */
export function estimateText({ ms, unknown }: Estimate): string {
  if (ms === null) return '';
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  const time = minutes === 0 ? `${seconds} s` : `${minutes} min ${seconds % 60} s`;
  if (unknown === 0) return `about ${time}`;
  return `about ${time}, ${unknown} ${unknown === 1 ? 'cell has' : 'cells have'} not run before`;
}

/** `virtio, 4 CPUs, 512 MiB: 10 cells; ...`. */
export function shapesText(shapes: PlannedKernel['shapes']): string {
  return Object.entries(shapes)
    .map(([shape, cells]) => `${shape}: ${cells} ${cells === 1 ? 'cell' : 'cells'}`)
    .join('; ');
}

/** One note per kernel: the plan as events, which follow the `run-start` of the run that was not made. */
export function dryRunNotes({ kernels }: DryRun): NewEvent[] {
  return kernels.map(({ id, availability, shapes, estimate: time }) => {
    const parts = [AVAILABILITY_TEXTS[availability], shapesText(shapes), estimateText(time)];
    const text = `${id}: ${parts.filter(part => part !== '').join('; ')}`;
    return { type: 'note', level: 'info', text };
  });
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
}
