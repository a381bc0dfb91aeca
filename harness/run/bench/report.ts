import type { CloneMemory } from './clones.ts';
import type { ObserverCost } from './observers.ts';
import type { PacketRates } from './packet-rates.ts';
import { median, type Sample } from './sample.ts';
import type { ObjectLoads } from './whole-object.ts';

/** Everything that `bpfrig bench` measured in one run on one machine. */
export interface BenchReport {
  readonly kernel: string;
  readonly host: string;
  /** Milliseconds from QEMU's start to userspace, in pairs. */
  readonly bareBootMs: readonly number[];
  readonly templateBootMs: readonly number[];
  readonly cloneReadyMs: Sample;
  /** Everything of a cell except traffic and drain, in milliseconds. */
  readonly overheadMs: Sample;
  /** Median of each phase of a cell, in milliseconds. */
  readonly phasesMs: Readonly<Record<string, number>>;
  readonly cellsPerMinute: number;
  readonly observerCost: ObserverCost;
  readonly packetRates: PacketRates;
  readonly memory: readonly CloneMemory[];
  /** Start of `./bpfrig run` with warm caches to its first verdict, in milliseconds. */
  readonly firstVerdictMs: number;
  /** `./bpfrig load` of 50 programs on the default kernels with warm caches, in milliseconds. */
  readonly loadMs: number;
  readonly objectLoads: ObjectLoads;
  /** From an edit to the last verdict of one variant on the default kernels, under `run --watch`, in milliseconds. */
  readonly editMs: readonly number[];
}

/** One row of the table: a figure, and the most that it may be. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Null for a figure without one. */
  readonly limit: number | null;
}

/**
 * The figures of a report, those with limits first. Only ratios and memory have limits, since absolute times differ by machine.
 * Times are compared by their medians, rates turn by turn.
 */
export function figuresOf(report: BenchReport): Figure[] {
  const { nothing, hollow, observers, everything } = report.observerCost;
  const costOf = (rates: readonly number[]): number =>
    100 * (1 - median(rates.map((rate, round) => rate / (nothing[round] ?? NaN))));
  const bareMs = median(report.bareBootMs);
  return [
    figure('template boot / bare boot', median(report.templateBootMs) / bareMs, '', 1.3),
    figure('clone to agent ready / bare boot, median', report.cloneReadyMs.median / bareMs, '', 0.055),
    figure('overhead per cell / bare boot, median', report.overheadMs.median / bareMs, '', 0.14),
    figure("observers' cost, on pktgen's rate", costOf(observers), '%', 10),
    figure('memory per further clone (Pss)', memoryPerClone(report.memory), 'MiB', 75),
    figure('start to first verdict, warm caches / bare boot', report.firstVerdictMs / bareMs, '', null),
    figure('bare QEMU boot, median', bareMs, 'ms', null),
    figure('template boot, median', median(report.templateBootMs), 'ms', null),
    figure('clone to agent ready, median', report.cloneReadyMs.median, 'ms', null),
    figure('clone to agent ready, p95', report.cloneReadyMs.p95, 'ms', null),
    figure('overhead per cell beyond traffic and drain, median', report.overheadMs.median, 'ms', null),
    figure('overhead per cell beyond traffic and drain, p95', report.overheadMs.p95, 'ms', null),
    figure('start to first verdict, warm caches', report.firstVerdictMs / 1000, 's', null),
    figure('load of 50 programs on the default kernels, warm caches', report.loadMs / 1000, 's', null),
    figure('edit to verdict on the default kernels / bare boot', median(report.editMs) / bareMs, '', null),
    figure('edit to verdict on the default kernels', median(report.editMs) / 1000, 's', null),
    figure('load of a whole object / by bpftool', loadRatio(report.objectLoads), '', null),
    figure('load of a whole object of 50 programs', median(report.objectLoads.bpfrig), 'ms', null),
    figure('the same by bpftool', median(report.objectLoads.bpftool), 'ms', null),
    figure('cells per minute', report.cellsPerMinute, '', null),
    figure("cost of empty programs on the observers' tracepoints", costOf(hollow), '%', null),
    figure('cost of all that counts (observers, fexit, witness, tc)', costOf(everything), '%', null),
    figure("pktgen's rate without observers", median(nothing), 'pps', null),
    figure('rate of step packets', median(report.packetRates.packets), 'pps', null),
    figure("rate of step packets / pktgen's", packetsRatio(report.packetRates), '', null),
    ...report.memory.map(({ clones, pssMiB }) =>
      figure(`memory of ${clones} ${clones === 1 ? 'clone' : 'clones'} (Pss)`, pssMiB, 'MiB', null),
    ),
  ];
}

/** Whether a figure is within its limit; one without a limit always is. A figure that is not a number never is within one. */
export function holds({ value, limit }: Figure): boolean {
  return limit === null || value <= limit;
}

/** A figure, rounded to as many digits as its limit can be compared with. */
export function figure(name: string, value: number, unit: string, limit: number | null): Figure {
  const digits = unit === '' ? 1000 : 100;
  return { name, value: Math.round(value * digits) / digits, unit, limit };
}

/** Turn by turn, since both rates change with the host's load. */
function packetsRatio({ pktgen, packets }: PacketRates): number {
  return median(packets.map((rate, turn) => rate / (pktgen[turn] ?? NaN)));
}

function loadRatio({ bpfrig, bpftool }: ObjectLoads): number {
  return median(bpfrig.map((ms, round) => ms / (bpftool[round] ?? NaN)));
}

/** Slope from the first reading to the last. */
function memoryPerClone(memory: readonly CloneMemory[]): number {
  const [first, last] = [memory[0], memory.at(-1)];
  if (first === undefined || last === undefined || first === last) return NaN;
  return (last.pssMiB - first.pssMiB) / (last.clones - first.clones);
}
