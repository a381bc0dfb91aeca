import { readFile } from 'node:fs/promises';
import {
  addMissing,
  addSources,
  type CodeCoverage,
  type SourceCoverage,
  type UnreachedReason,
} from '../../model/code-coverage.ts';
import type { MeasuredSource } from '../../model/kernel.ts';
import { nearestCoverageFile, readCoverageList } from '../../scenario/coverage-list.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { BpfrigError, messageOf } from '../../util/errors.ts';
import { functionFinder } from './definitions.ts';
import { findGcov, runGcov, type Executed } from './gcov.ts';
import type { CellCounters } from './read-counters.ts';

/** A measured source with what was executed of it so far. */
interface Measurement {
  readonly measured: MeasuredSource;
  /** The host's gcov that reads its notes. */
  readonly gcov: string;
  /** Adds to what gcov reports what only the text says. */
  readonly withText: (executed: Executed) => Pick<SourceCoverage, 'functions' | 'lines'>;
  sum: SourceCoverage;
}

/** Sums up what the cells of one kernel executed of its measured sources. */
export class MeasuredCode {
  readonly #measurements: readonly Measurement[];
  readonly #signal: AbortSignal;
  readonly #missing: { why: string; cells: number }[] = [];
  #cells = 0;

  private constructor(measurements: readonly Measurement[], signal: AbortSignal) {
    this.#measurements = measurements;
    this.#signal = signal;
  }

  /**
   * Nothing is executed yet. The lists of the scenarios state why lines are not reached: those whose title is a measured source. Throws `infra`
   * where the host cannot read the kernel's notes, `scenario` for a list of another shape.
   */
  static async begin(
    sources: readonly MeasuredSource[],
    scenarios: readonly Pick<Scenario, 'path'>[],
    signal: AbortSignal,
  ): Promise<MeasuredCode> {
    const measurements: Measurement[] = [];
    for (const measured of sources) {
      const { source, path } = measured;
      const gcov = await findGcov(measured);
      // Of a source that cannot be read, the numbers of lines are enough.
      const withText = textAdder(await readFile(path, 'utf8').catch(() => ''));
      const nothing = withText(await runGcov(gcov, measured, null, signal));
      const sum = { source, path, ...nothing, reasons: statedReasons(scenarios, source) };
      measurements.push({ measured, gcov, withText, sum });
    }
    return new MeasuredCode(measurements, signal);
  }

  /** Adds what a cell executed. Never throws: what cannot be read counts as missing. */
  async add(counters: CellCounters): Promise<void> {
    if ('missing' in counters) return this.#miss(counters.missing);
    try {
      const executed = await Promise.all(
        this.#measurements.map(({ gcov, measured }, i) =>
          runGcov(gcov, measured, counters.files[i] ?? Buffer.alloc(0), this.#signal),
        ),
      );
      // All or nothing, and without waiting in between: cells end at the same time.
      const sums = this.#measurements.map(({ sum, withText }, i) => {
        const added = addSources(sum, { ...sum, ...withText(executed[i] ?? NOTHING) });
        if (added !== null) return added;
        throw new BpfrigError('infra', `the notes of ${sum.source} have changed since the run began`);
      });
      this.#measurements.forEach((one, i) => (one.sum = sums[i] ?? one.sum));
      this.#cells += 1;
    } catch (error) {
      this.#miss(messageOf(error));
    }
  }

  #miss(why: string): void {
    this.#missing.push({ why, cells: 1 });
  }

  /** The sums so far. */
  coverage(): CodeCoverage {
    return {
      cells: this.#cells,
      missing: addMissing(this.#missing),
      sources: this.#measurements.map(({ sum }) => sum),
    };
  }
}

const NOTHING: Executed = { functions: [], lines: [] };

function textAdder(source: string): Measurement['withText'] {
  const text = source.split('\n');
  const functionAt = functionFinder(text);
  return ({ functions, lines }) => ({
    functions,
    lines: lines.map(one => ({
      ...one,
      function: one.function === '' ? functionAt(one.line) : one.function,
      text: (text[one.line - 1] ?? '').trimEnd(),
    })),
  });
}

function statedReasons(scenarios: readonly Pick<Scenario, 'path'>[], source: string): UnreachedReason[] {
  const files = new Set(scenarios.flatMap(({ path }) => nearestCoverageFile(path) ?? []));
  return [...files].flatMap(path => {
    const { file, title, unreached } = readCoverageList(path);
    return title === source ? unreached.map(one => ({ list: file, ...one })) : [];
  });
}
