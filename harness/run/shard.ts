import type { Cell } from '../model/cell.ts';
import { median } from './durations.ts';

/** Part `index` of `count`, from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** How long a cell took when it last ran, in milliseconds; see `Durations`. */
export interface LastDurations {
  get(cellId: string): number | undefined;
}

/** `2/3`; null for anything else. */
export function parseShard(text: string): Shard | null {
  const match = /^([1-9]\d*)\/([1-9]\d*)$/.exec(text);
  const [index, count] = [Number(match?.[1]), Number(match?.[2])];
  return match === null || index > count ? null : { index, count };
}

/**
 * A shard's cells, in the order of the plan. The shards of a plan hold each cell once, take about as long as each other, and
 * keep a kernel's cells together as far as that allows, since every kernel costs a shard a fetch and a boot. Another machine divides
 * the plan in the same way only with the same durations.
 */
export function shardOf<T extends { readonly cell: Cell }>(
  cells: readonly T[],
  shard: Shard,
  durations: LastDurations,
): T[] {
  const kernels = [...new Set(cells.map(({ cell }) => cell.kernel))];
  const line = kernels.flatMap(kernel => cells.filter(({ cell }) => cell.kernel === kernel));
  const weights = line.map(item => durations.get(item.cell.id));
  const usual = median(weights.filter(ms => ms !== undefined)) ?? 1;
  const total = weights.reduce((sum: number, ms) => sum + Math.max(1, ms ?? usual), 0);
  const mine = new Set<T>();
  let before = 0;
  line.forEach((item, i) => {
    const weight = Math.max(1, weights[i] ?? usual);
    // A cell belongs where its middle falls.
    const at = Math.floor(((before + weight / 2) / total) * shard.count);
    if (at === shard.index - 1) mine.add(item);
    before += weight;
  });
  return cells.filter(item => mine.has(item));
}
