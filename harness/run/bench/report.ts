import type { CloneMemory } from './clones.ts';
import type { ObserverCost } from './observers.ts';
import { median, type Sample } from './sample.ts';

/** All that `bpfrig bench` measured, in one run on one machine. */
export interface BenchReport {
  readonly kernel: string;
  readonly host: string;
  /** Milliseconds from QEMU's start to userspace, in pairs. */
  readonly bareBootMs: readonly number[];
  readonly templateBootMs: readonly number[];
  readonly cloneReadyMs: Sample;
  /** Everything of a cell but traffic and drain, in milliseconds. */
  readonly overheadMs: Sample;
  readonly phasesMs: Readonly<Record<string, number>>;
  readonly cellsAMinute: number;
  readonly observerCost: ObserverCost;
  readonly memory: readonly CloneMemory[];
  /** Start of `./bpfrig run` with warm caches to its first verdict, in milliseconds. */
  readonly firstVerdictMs: number;
}

/** One line of the table: a figure against its limit. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Null for a figure that has none. */
  readonly limit: number | null;
}

/** The figures of a report, those with limits first. Ratios, since absolute times differ by machine: of medians, and of rates turn by turn. */
export function figuresOf(report: BenchReport): Figure[] {
  const { nothing, hollow, observers, everything } = report.observerCost;
  const costOf = (rates: readonly number[]): number =>
    100 * (1 - median(rates.map((rate, round) => rate / (nothing[round] ?? NaN))));
  return [
    figure(
      'template boot / bare QEMU boot',
      median(report.templateBootMs) / median(report.bareBootMs),
      '',
      1.3,
    ),
    figure('clone to agent ready, median', report.cloneReadyMs.median, 'ms', 450),
    figure('overhead per cell beyond traffic and drain, median', report.overheadMs.median, 'ms', 700),
    figure("observers' cost on pktgen's rate", costOf(observers), '%', 10),
    figure('memory per further clone (Pss)', memoryPerClone(report.memory), 'MiB', 160),
    figure('start to first verdict, warm caches', report.firstVerdictMs / 1000, 's', 4),
    figure('clone to agent ready, p95', report.cloneReadyMs.p95, 'ms', null),
    figure('overhead per cell, p95', report.overheadMs.p95, 'ms', null),
    figure('cells a minute', report.cellsAMinute, '', null),
    figure(
      "cost of programs that do nothing at the observers' tracepoints on pktgen's rate",
      costOf(hollow),
      '%',
      null,
    ),
    figure(
      "cost of all that counts (observers, fexit, witness, tc) on pktgen's rate",
      costOf(everything),
      '%',
      null,
    ),
    figure("pktgen's rate without observers", median(nothing), 'pps', null),
    figure('bare QEMU boot', median(report.bareBootMs), 'ms', null),
    figure('template boot', median(report.templateBootMs), 'ms', null),
    ...report.memory.map(({ clones, pssMiB }) =>
      figure(`memory of ${clones} clones (Pss)`, pssMiB, 'MiB', null),
    ),
  ];
}

function figure(name: string, value: number, unit: string, limit: number | null): Figure {
  return { name, value: Math.round(value * 100) / 100, unit, limit };
}

/** Slope from the first reading to the last. */
function memoryPerClone(memory: readonly CloneMemory[]): number {
  const [first, last] = [memory[0], memory.at(-1)];
  if (first === undefined || last === undefined || first === last) return NaN;
  return (last.pssMiB - first.pssMiB) / (last.clones - first.clones);
}
