import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunEvent } from '../model/events.ts';
import { decodeChecked, encodeChecked } from '../util/checked-json.ts';
import { messageOf } from '../util/errors.ts';
import { hostNote } from '../util/host-notes.ts';

/** How long each cell took when it last ran, in milliseconds. It decides the order of cells and how a plan is divided into shards. */
export class Durations {
  readonly #path: string;
  readonly #ms: Map<string, number>;

  private constructor(path: string, ms: Map<string, number>) {
    this.#path = path;
    this.#ms = ms;
  }

  /** Reads them from the cache. A file that is missing, unreadable or damaged counts as empty: durations are only an estimate. */
  static load(cacheDir: string): Durations {
    const path = join(cacheDir, 'durations.json');
    return new Durations(path, new Map(Object.entries(readJson(path))));
  }

  get(cellId: string): number | undefined {
    return this.#ms.get(cellId);
  }

  /** Takes the durations from a run's events. */
  onEvent(event: RunEvent): void {
    if (event.type === 'cell-end') this.#ms.set(event.result.cell.id, event.result.durationMs);
  }

  /** Writes them back, merged with what another run has written meanwhile. A failure is reported in one line: no run depends on them. */
  save(): void {
    const merged = { ...readJson(this.#path), ...Object.fromEntries(this.#ms) };
    const temp = `${this.#path}.${process.pid}`;
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      writeFileSync(temp, encodeChecked(merged), { mode: 0o600 });
      renameSync(temp, this.#path);
    } catch (error) {
      rmSync(temp, { force: true });
      hostNote(`the durations of cells cannot be kept: ${messageOf(error)}`);
    }
  }
}

function readJson(path: string): Record<string, number> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return {};
  }
  const kept = decodeChecked(text, path);
  return Object.fromEntries(Object.entries((kept ?? {}) as object).filter(isDuration));
}

function isDuration(entry: [string, unknown]): entry is [string, number] {
  const [, ms] = entry;
  return typeof ms === 'number' && Number.isFinite(ms) && ms >= 0;
}

/** Longest first, so that no long cell begins when all others are done; a cell that never ran counts as long. */
export function longestFirst<T>(items: readonly T[], msOf: (item: T) => number | undefined): T[] {
  return items.toSorted((a, b) => compare(msOf(b) ?? Infinity, msOf(a) ?? Infinity));
}

/** Without a difference: that of two infinities is NaN. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** How long cells take together, as far as that is known. */
export interface Estimate {
  /** Wall time in milliseconds; null when none of the cells has run before. */
  readonly ms: number | null;
  /** Cells that have not run before; each counts as long as the median of the others. */
  readonly unknown: number;
}

/** Estimates the wall time of cells of which `jobs` run at once, without the boots of their templates. */
export function estimate(lastMs: readonly (number | undefined)[], jobs: number): Estimate {
  const known = lastMs.filter(ms => ms !== undefined);
  const unknown = lastMs.length - known.length;
  const usual = median(known);
  if (usual === null) return { ms: null, unknown };
  const total = known.reduce((sum, ms) => sum + ms, unknown * usual);
  // A cell does not end sooner because others have.
  return { ms: Math.max(total / jobs, ...known), unknown };
}

/** The middle value, the upper one of two; null for no values. */
export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}
