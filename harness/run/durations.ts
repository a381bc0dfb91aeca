import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunEvent } from '../model/events.ts';

/** How long each cell took when it last ran, in milliseconds: what the order of cells and the shards go by. */
export class Durations {
  readonly #path: string;
  readonly #ms: Map<string, number>;

  private constructor(path: string, ms: Map<string, number>) {
    this.#path = path;
    this.#ms = ms;
  }

  /** Reads them from the cache. A file that is missing or damaged is no durations: they are only a guess anyway. */
  static load(cacheDir: string): Durations {
    const path = join(cacheDir, 'durations.json');
    return new Durations(path, new Map(Object.entries(readJson(path))));
  }

  get(cellId: string): number | undefined {
    return this.#ms.get(cellId);
  }

  /** Hears a run's events. */
  onEvent(event: RunEvent): void {
    if (event.type === 'cell-end') this.#ms.set(event.result.cell.id, event.result.durationMs);
  }

  /** Writes them back, with what another run has written meanwhile. */
  save(): void {
    const merged = { ...readJson(this.#path), ...Object.fromEntries(this.#ms) };
    mkdirSync(dirname(this.#path), { recursive: true });
    const temp = `${this.#path}.${process.pid}`;
    writeFileSync(temp, JSON.stringify(merged));
    renameSync(temp, this.#path);
  }
}

function readJson(path: string): Record<string, number> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, number>;
  } catch {
    return {};
  }
}

/** Longest first, so that no long cell begins when all others are done; a cell that never ran counts as long. */
export function longestFirst<T>(items: readonly T[], msOf: (item: T) => number | undefined): T[] {
  return items.toSorted((a, b) => compare(msOf(b) ?? Infinity, msOf(a) ?? Infinity));
}

/** Not by a difference: that of two infinities is no number. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
