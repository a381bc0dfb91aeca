import { isSpoiled } from '../model/verdict.ts';
import type { Cell, CellResult } from '../model/cell.ts';
import type { Counters, Value } from '../model/counters.ts';
import type { RunSummary } from './fold.ts';
import { groupBy } from './group-by.ts';
import type { CellStatus } from './status.ts';

/** One counter in which two cells differ. */
export interface CounterChange {
  /** `kthread.xdp_drop`, `stack.cpu.2`. */
  readonly name: string;
  /** As counted; null where the name is not there. */
  readonly before: string | null;
  readonly after: string | null;
}

/** Where a cell's behaviour is not that of the same cell on an older kernel. */
export interface BehaviourChange {
  /** `Kernel.id` of the newest older kernel that said anything. */
  readonly from: string;
  readonly to: string;
  readonly cell: Cell;
  /** Set when the verdicts differ. */
  readonly verdicts: readonly [CellStatus, CellStatus] | null;
  readonly counters: readonly CounterChange[];
}

/** What is read of counters. */
export interface BehaviourOptions {
  /** Also what depends on timing, and exact numbers in place of amounts. */
  readonly allCounters: boolean;
}

// Background and timing of the guest, and facts that name the kernel itself: they differ between two runs of one kernel.
const NOT_BEHAVIOUR = new Set(['softnet', 'snmp', 'devices', 'log', 'variant', 'kernel', 'mode']);

// How the same packets were grouped into events, wake-ups and batches, and how often a full device made the source try again.
// Measured: these, and nothing else after `amount`, differ between two runs of the suite on the same kernels.
const DEPENDS_ON_TIMING =
  /(^|\.)(events|sched|batch|bytes|skbs|exceptions)$|^stack\.seq\.(list|mod8|inversions|min|max)$|^tx\.dropped$|^source\.errors$/;

/**
 * A cell's counters as far as they are the kernel's behaviour, by name. A number is compared as an amount of what was sent: how
 * many of the packets a ring overflowed depends on timing, that it was some and not all does not.
 */
export function behaviourOf(
  result: Pick<CellResult, 'counters'>,
  { allCounters }: BehaviourOptions = { allCounters: false },
): ReadonlyMap<string, { readonly amount: string; readonly exact: string }> {
  const sent = typeof result.counters['sent'] === 'number' ? result.counters['sent'] : 0;
  const wanted = allCounters
    ? ([name]: Named): boolean => !/^(log|variant|kernel)(\.|$)/.test(name)
    : ([name]: Named): boolean =>
        !NOT_BEHAVIOUR.has(name.split('.')[0] ?? '') &&
        !DEPENDS_ON_TIMING.test(name) &&
        !HOLDS_ID.test(name) &&
        !IS_TEXT.test(name);
  return new Map(
    flatten(result.counters)
      .filter(wanted)
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

// Ids of maps and programs are the kernel's to choose; an entry's raw value holds one, and its fields are there by name.
const IS_ID = /(^|\.)(id|prog_id)$/;
const HOLDS_ID = /(^|\.)value$|\.pid$|\.fdinfo\.(mnt_id|ino|pos)$/;

// What a step read or was told in words: a verifier's log, a trace, where in the kernel an error came from. Its errno says what it is.
const IS_TEXT = /\.(log|text|stdout|stderr|where|message)$/;

// An exact eighth or half is by design (two flows of four): it must stay one. Anything between is "some".
function amount(name: string, value: Value, sent: number, exact: string): string {
  if (IS_ID.test(name)) return value === 0 ? 'none' : 'an id';
  if (typeof value !== 'number' || value === 0 || sent === 0) return exact;
  for (let parts = 1; parts <= 8; parts++) {
    if ((value * parts) % sent === 0) return `${(value * parts) / sent}/${parts}`;
  }
  return value < sent ? 'some' : 'more';
}

/** Counters in which two cells differ, in the order in which the first has them. */
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

/** Every place along the kernels, old to new, where a cell behaves otherwise than on the kernel before. By the newer cell's id. */
export function behaviourChanges(
  summary: RunSummary,
  options?: BehaviourOptions,
): ReadonlyMap<string, BehaviourChange> {
  const order = new Map(summary.kernels.map((kernel, index) => [kernel.id, index]));
  const changes = new Map<string, BehaviourChange>();
  for (const row of groupBy(summary.cells, rowKey).values()) {
    const results = row
      .toSorted((a, b) => (order.get(a.kernel) ?? 0) - (order.get(b.kernel) ?? 0))
      .flatMap(cell => summary.results.get(cell.id) ?? [])
      .filter(result => !isSpoiled(result.verdict));
    results.forEach((result, i) => {
      const before = results[i - 1];
      const change = before === undefined ? null : changeBetween(before, result, options);
      if (change !== null) changes.set(result.cell.id, change);
    });
  }
  return changes;
}

/** What differs between two cells that both say something of their kernels; null when nothing does. */
export function changeBetween(
  before: CellResult,
  after: CellResult,
  options?: BehaviourOptions,
): BehaviourChange | null {
  // A skip, a panic: there is a verdict to compare, and no more.
  const bare = [before, after].some(result => Object.keys(result.counters).length === 0);
  const counters = bare ? [] : counterChanges(before, after, options);
  const verdicts = before.verdict === after.verdict ? null : ([before.verdict, after.verdict] as const);
  if (verdicts === null && counters.length === 0) return null;
  return { from: before.cell.kernel, to: after.cell.kernel, cell: after.cell, verdicts, counters };
}

/** The same for the same variant of the same scenario on every kernel. */
export function rowKey(cell: Cell): string {
  return JSON.stringify([cell.scenario, Object.entries(cell.variant)]);
}

/** `verdict pass → fail; kthread.xdp_drop 10000 → 2574; 3 more`. */
export function changeText(change: Pick<BehaviourChange, 'verdicts' | 'counters'>, most = 3): string {
  const verdicts = change.verdicts === null ? [] : [`verdict ${change.verdicts.join(' → ')}`];
  const counters = withoutParts(change.counters);
  const shown = counters.slice(0, most).map(counterText);
  const left = counters.length - shown.length;
  return [...verdicts, ...shown, ...(left > 0 ? [`${left} more`] : [])].join('; ');
}

/** To a reader a counter by map, by CPU or as the tracepoint had it says nothing new where its sum has changed too. */
function withoutParts(counters: readonly CounterChange[]): CounterChange[] {
  const names = new Set(counters.map(c => c.name));
  return counters.filter(({ name }) => {
    const whole = name.replace(/^raw\./, '').replace(/\.(maps|cpu|from)\.[^.]+/, '');
    return whole === name || !names.has(whole);
  });
}

/** `kthread.xdp_drop 10000 → 2574`. */
export function counterText({ name, before, after }: CounterChange): string {
  const shown = (value: string | null): string =>
    value === null ? 'absent' : value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;
  return `${name} ${shown(before)} → ${shown(after)}`;
}

/** What is longer says no more to a reader; the cells have all of it. */
const LONGEST = 60;
