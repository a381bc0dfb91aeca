import { archOf, buildOf, type OrderedKernel } from './kernel-order.ts';
import { isSpoiled } from '../model/verdict.ts';
import type { Cell, CellResult } from '../model/cell.ts';
import type { Counters, Value } from '../model/counters.ts';
import type { RunSummary } from './fold.ts';
import { groupBy } from '../util/group-by.ts';
import type { CellStatus } from './status.ts';

/** One counter in which two cells differ. */
export interface CounterChange {
  /** For example `kthread.xdp_drop` or `stack.cpu.2`. */
  readonly name: string;
  /** The value as counted; null if the cell does not have this counter. */
  readonly before: string | null;
  readonly after: string | null;
}

/** A difference between a cell and the same cell on an older kernel. */
export interface BehaviourChange {
  /** `Kernel.id` of the newest older kernel with a result for this cell. */
  readonly from: string;
  readonly to: string;
  readonly cell: Cell;
  /** The verdicts before and after, if they differ; otherwise null. */
  readonly verdicts: readonly [CellStatus, CellStatus] | null;
  readonly counters: readonly CounterChange[];
}

/** How counters are compared. */
export interface BehaviourOptions {
  /** Also compare counters that depend on timing, and compare exact numbers instead of shares. */
  readonly allCounters: boolean;
}

// Background activity and timing of the guest, facts that identify the kernel, and the cost of programs. They can differ between two runs
// on one kernel.
const NOT_BEHAVIOUR = new Set([
  'softnet',
  'snmp',
  'devices',
  'log',
  'variant',
  'kernel',
  'mode',
  'programs',
  'events',
]);

// How the packets were grouped into events, wake-ups and batches, and how often the source had to retry because a device was full.
// Measured: after `amount`, only these counters differ between two runs of the suite on the same kernels.
const DEPENDS_ON_TIMING =
  /(^|\.)(events|sched|batch|bytes|skbs|exceptions)$|^stack\.seq\.(list|mod8|inversions|min|max)$|^identity\.reordered$|^tx\.dropped$|^source\.errors$/;

/**
 * Returns those counters of a cell that show the kernel's behaviour, by name. `amount` is the number as a share of the sent packets.
 * It is what is compared: how many packets overflow a ring depends on timing, but not that it is some and not all.
 */
export function behaviourOf(
  result: Pick<CellResult, 'counters'>,
  { allCounters }: BehaviourOptions = { allCounters: false },
): ReadonlyMap<string, { readonly amount: string; readonly exact: string }> {
  const sent = typeof result.counters['sent'] === 'number' ? result.counters['sent'] : 0;
  const compared = allCounters
    ? ([name]: Named): boolean => !/^(log|variant|kernel)(\.|$)/.test(name)
    : ([name]: Named): boolean =>
        !NOT_BEHAVIOUR.has(name.split('.')[0] ?? '') &&
        !DEPENDS_ON_TIMING.test(name) &&
        !HOLDS_ID.test(name) &&
        !IS_TEXT.test(name);
  return new Map(
    flatten(result.counters)
      .filter(compared)
      .map(([name, value]) => {
        const exact = typeof value === 'string' ? value : JSON.stringify(value);
        return [name, { exact, amount: allCounters ? exact : amount(name, value, sent, exact) }];
      }),
  );
}

type Named = readonly [string, Value];

function flatten(counters: Counters, prefix = ''): Named[] {
  return Object.entries(counters).flatMap(([key, value]) => {
    const name = `${prefix}${key}`;
    return isRecord(value) ? flatten(value, `${name}.`) : [[name, value] as const];
  });
}

function isRecord(value: Value): value is Counters {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

// The kernel chooses the ids of maps and programs. An entry's raw value contains one; its fields are compared by name.
const IS_ID = /(^|\.)(id|prog_id|map_id)$/;
const HOLDS_ID = /(^|\.)value$|\.pid$|\.fdinfo\.(mnt_id|ino|pos)$/;

// Texts that a step read: a verifier's log, a trace, the place in the kernel where an error occurred. The errno is compared instead.
const IS_TEXT = /\.(log|text|stdout|stderr|where|message)$/;

// An exact share such as a half or an eighth is by design (two flows of four) and must stay the same. Anything else is "some".
function amount(name: string, value: Value, sent: number, exact: string): string {
  if (IS_ID.test(name)) return value === 0 ? 'none' : 'an id';
  if (typeof value !== 'number' || value === 0 || sent === 0) return exact;
  for (let parts = 1; parts <= 8; parts++) {
    if ((value * parts) % sent === 0) return `${(value * parts) / sent}/${parts}`;
  }
  return value < sent ? 'some' : 'more';
}

/** Returns the counters in which two cells differ, in the order of the first cell. */
export function counterChanges(
  before: Pick<CellResult, 'counters'>,
  after: Pick<CellResult, 'counters'>,
  options?: BehaviourOptions,
): CounterChange[] {
  const [a, b] = [behaviourOf(before, options), behaviourOf(after, options)];
  return [...new Set([...a.keys(), ...b.keys()])]
    .filter(name => a.get(name)?.amount !== b.get(name)?.amount)
    .map(name => ({ name, before: a.get(name)?.exact ?? null, after: b.get(name)?.exact ?? null }));
}

/**
 * Compares each cell with the same cell on the previous kernel that has a result, from old to new; on a kernel of another architecture than the first, with
 * the same build of that one where it has a result. Returns the changes by the id of the newer cell.
 */
export function behaviourChanges(
  summary: RunSummary,
  options?: BehaviourOptions,
): ReadonlyMap<string, BehaviourChange> {
  const order = new Map(summary.kernels.map((kernel, index) => [kernel.id, index]));
  const bases = basesOf(summary.kernels);
  const changes = new Map<string, BehaviourChange>();
  for (const row of groupBy(summary.cells, rowKey).values()) {
    const results = row
      .toSorted((a, b) => (order.get(a.kernel) ?? 0) - (order.get(b.kernel) ?? 0))
      .flatMap(cell => summary.results.get(cell.id) ?? [])
      .filter(result => !isSpoiled(result.verdict));
    const byKernel = new Map(results.map(result => [result.cell.kernel, result]));
    for (const result of results) {
      const base = (bases.get(result.cell.kernel) ?? []).find(id => byKernel.has(id));
      const before = base === undefined ? undefined : byKernel.get(base);
      const change = before === undefined ? null : changeBetween(before, result, options);
      if (change !== null) changes.set(result.cell.id, change);
    }
  }
  return changes;
}

/**
 * What each kernel is compared with, the first that has a result: those before it, newest first; on a kernel of another architecture than the first one,
 * the same build there, and only then those before it of its own. `kernels` are in the order of the matrix.
 */
export function basesOf(kernels: readonly OrderedKernel[]): ReadonlyMap<string, readonly string[]> {
  const [first] = kernels.map(archOf);
  return new Map(
    kernels.map((kernel, index) => {
      const arch = archOf(kernel);
      const own = kernels.slice(0, index).filter(other => archOf(other) === arch);
      const twin = kernels.filter(
        other => archOf(other) === first && buildOf(other.id) === buildOf(kernel.id),
      );
      return [kernel.id, [...(arch === first ? [] : twin), ...own.toReversed()].map(({ id }) => id)];
    }),
  );
}

/** Compares two cells that both have a result of their kernel; null if they do not differ. */
export function changeBetween(
  before: CellResult,
  after: CellResult,
  options?: BehaviourOptions,
): BehaviourChange | null {
  // A skip or a panic has no counters: only the verdicts can be compared.
  const bare = [before, after].some(result => Object.keys(result.counters).length === 0);
  const counters = bare ? [] : counterChanges(before, after, options);
  const verdicts = before.verdict === after.verdict ? null : ([before.verdict, after.verdict] as const);
  if (verdicts === null && counters.length === 0) return null;
  return { from: before.cell.kernel, to: after.cell.kernel, cell: after.cell, verdicts, counters };
}

/** Returns a key that is equal for the same variant of a scenario on all kernels. */
export function rowKey(cell: Cell): string {
  return JSON.stringify([cell.scenario, Object.entries(cell.variant)]);
}

/** Returns text such as `verdict pass → fail; kthread.xdp_drop 10000 → 2574; 3 more`. At most `most` counters are named. */
export function changeText(change: Pick<BehaviourChange, 'verdicts' | 'counters'>, most = 3): string {
  const verdicts = change.verdicts === null ? [] : [`verdict ${change.verdicts.join(' → ')}`];
  const counters = withoutParts(change.counters);
  const shown = counters.slice(0, most).map(counterText);
  const left = counters.length - shown.length;
  return [...verdicts, ...shown, ...(left > 0 ? [`${left} more`] : [])].join('; ');
}

/** Omits the counters by map, by CPU and of the raw tracepoint fields if the sum that they are part of has changed, too. */
function withoutParts(counters: readonly CounterChange[]): CounterChange[] {
  const names = new Set(counters.map(c => c.name));
  return counters.filter(({ name }) => {
    const whole = name.replace(/^raw\./, '').replace(/\.(maps|cpu|from)\.[^.]+/, '');
    return whole === name || !names.has(whole);
  });
}

/** Returns text such as `kthread.xdp_drop 10000 → 2574`. */
export function counterText({ name, before, after }: CounterChange): string {
  const shown = (value: string | null): string =>
    value === null
      ? 'absent'
      : value.length > MAX_VALUE_LENGTH
        ? `${value.slice(0, MAX_VALUE_LENGTH)}…`
        : value;
  return `${name} ${shown(before)} → ${shown(after)}`;
}

/** Longer values are cut in texts, in characters. The cells contain the whole value. */
const MAX_VALUE_LENGTH = 60;
