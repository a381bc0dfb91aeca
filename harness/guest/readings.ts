import { setTimeout as sleep } from 'node:timers/promises';
import type { ObserverRows, WitnessEvent, WitnessRows } from '../model/counters.ts';
import type { SoftnetRow, StackRow } from '../model/observations.ts';
import { AgentError } from './agent-error.ts';
import { callBatch, type Answers, type RequestGroup } from './batch.ts';
import { parseNetDev, parseSnmp, parseSoftnet } from './proc-text.ts';
import { request, type AgentRequest, type OpAnswer, type OpRow } from './protocol.ts';
import type { RunningGuest } from './running-guest.ts';
import type { Testbed } from './testbed.ts';

/** One CPU's log of what reached the stack, in order: 8 bytes per packet, as `struct bpfrig_arrival` (bpf/bpfrig.h), in hex. */
export type ArrivalLog = OpRow<'stack_log'>;

/** Runs of equal lanes: how many lanes, and how often the number of each came. */
export type LaneRuns = OpAnswer<'stack_seen'>['runs'];

/** Everything that is read of a guest at one moment. */
export interface Readings {
  readonly observers: ObserverRows;
  /** Action counts by program handle. */
  readonly actions: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly stack: readonly StackRow[];
  /** Statistics of `tx` and `rx`, sysfs and ethtool together; of every other device of the guest under test, what /proc/net/dev has. */
  readonly devices: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Of the devices of the guest under test; of a device that was made since the baseline there is none. */
  readonly ifindex: Readonly<Record<string, number>>;
  readonly softnet: readonly SoftnetRow[];
  readonly snmp: Readonly<Record<string, number>>;
}

/** What there is to read: the devices, and the handles of the programs that are watched. */
export interface ReadPlan {
  readonly devices: readonly string[];
  readonly programs: readonly string[];
}

/** Reads everything in one round trip. */
export async function readAll(bed: Testbed, plan: ReadPlan): Promise<Readings> {
  return (await readWith(bed, plan, [], [])).readings;
}

/** How often counting begins anew because an event came while it began. */
const BASELINE_TRIES = 10;
/** Milliseconds before the second try, twice as many before the third, and so on. */
const BASELINE_PAUSE_MS = 25;

/**
 * Sets the observers, the witness of `events` and the counts of `rx` to 0 and reads everything else: what later readings are compared with.
 * An event in between, such as that of a kthread which ends in its own time, would be in one count alone: then all begin anew.
 */
export async function readBaseline(
  bed: Testbed,
  plan: ReadPlan,
  events: readonly WitnessEvent[],
): Promise<Readings> {
  const stacks = rxOf(plan).map(dev => request('stack_start', { dev }));
  const restart = [request('observers_reset', {}), request('witness_start', { events }), ...stacks];
  for (let tries = 1; ; tries += 1) {
    const { readings } = await readWith(bed, plan, restart, []);
    if (hasNoRows(readings.observers) || tries === BASELINE_TRIES)
      return await withNumbers(bed.dut, readings);
    await sleep(tries * BASELINE_PAUSE_MS);
  }
}

/** The readings with the numbers of all devices that were read. One that is gone by then has none. */
async function withNumbers(dut: RunningGuest, readings: Readings): Promise<Readings> {
  const ifindex: Record<string, number> = { ...readings.ifindex };
  for (const dev of Object.keys(readings.devices).filter(name => !STANDARD.has(name))) {
    try {
      ifindex[dev] = (await dut.call('netdev', { dev })).ifindex;
    } catch (error) {
      if (!(error instanceof AgentError) || error.failure.kind !== 'kernel') throw error;
    }
  }
  return { ...readings, ifindex };
}

function hasNoRows({ tables }: ObserverRows): boolean {
  return Object.values(tables).every(rows => rows.length === 0);
}

/** What is read at the end of a cell. */
export interface FinalReadings {
  readonly readings: Readings;
  readonly witness: WitnessRows;
  /** null without a device under test. */
  readonly arrivals: readonly ArrivalLog[] | null;
  /** How often each number came, by lane of the sources; null without a device under test. */
  readonly seen: LaneRuns | null;
}

/** How often the last readings are taken again because an event came between those of the observers and those of the witness. */
const FINAL_TRIES = 5;

/**
 * The last readings of an idle guest, and those of the second witness. Both count the same events: the observers are read before and
 * after the witness, and all is read again if an event came in between (a kthread that ends in its own time has one).
 */
export async function readFinal(bed: Testbed, plan: ReadPlan): Promise<FinalReadings> {
  const logs = rxOf(plan).map(dev => request('stack_log', { dev }));
  const lanes = rxOf(plan).map(dev => request('stack_seen', { dev }));
  const after = { witness: request('witness_read', {}), logs, lanes, again: request('observers_read', {}) };
  for (let tries = 1; ; tries += 1) {
    const { readings, last } = await readWith(bed, plan, [], after);
    const same = JSON.stringify(readings.observers) === JSON.stringify(last.again);
    if (same || tries === FINAL_TRIES) {
      const [arrivals, seen] = [last.logs[0]?.rows ?? null, last.lanes[0]?.runs ?? null];
      return { readings, witness: last.witness, arrivals, seen };
    }
  }
}

/** The readings with other requests right before and after them, of which `last` are the answers; of two guests, both at once. */
async function readWith<const R extends RequestGroup>(
  { dut, generator }: Testbed,
  plan: ReadPlan,
  before: readonly AgentRequest[],
  after: R,
): Promise<{ readings: Readings; last: Answers<R> }> {
  if (dut === generator) return await readOne(dut, plan, before, after);
  const far = plan.devices.filter(dev => dev === 'tx');
  const near = { ...plan, devices: plan.devices.filter(dev => dev !== 'tx') };
  const [{ readings, last }, answers] = await Promise.all([
    readOne(dut, near, before, after),
    callBatch(
      generator,
      byName(far, dev => request('netdev', { dev })),
    ),
  ]);
  const devices = { ...readings.devices, ...mapRecord(answers, (_, answer) => statsOf(answer)) };
  return { readings: { ...readings, devices }, last };
}

async function readOne<const R extends RequestGroup>(
  guest: RunningGuest,
  plan: ReadPlan,
  before: readonly AgentRequest[],
  after: R,
): Promise<{ readings: Readings; last: Answers<R> }> {
  const { now, last } = await callBatch(guest, { before, now: requestsFor(plan), last: after });
  return { readings: readingsOf(now), last };
}

/** Where softnet_stat, snmp and dev are. */
const PROC_NET = '/proc/net';

function requestsFor(plan: ReadPlan) {
  return {
    observers: request('observers_read', {}),
    softnet: request('read_file', { path: `${PROC_NET}/softnet_stat` }),
    snmp: request('read_file', { path: `${PROC_NET}/snmp` }),
    netDev: request('read_file', { path: `${PROC_NET}/dev` }),
    devices: byName(plan.devices, dev => request('netdev', { dev })),
    actions: byName(plan.programs, program => request('actions_read', { program })),
    stack: rxOf(plan).map(dev => request('stack_read', { dev })),
  };
}

function readingsOf(answers: Answers<ReturnType<typeof requestsFor>>): Readings {
  const { observers, softnet, snmp, netDev, devices, actions, stack } = answers;
  return {
    observers,
    softnet: parseSoftnet(softnet.data),
    snmp: parseSnmp(snmp.data),
    devices: { ...otherDevices(netDev.data), ...mapRecord(devices, (_, answer) => statsOf(answer)) },
    ifindex: mapRecord(devices, (_, { ifindex }) => ifindex),
    actions,
    stack: stack[0]?.rows ?? [],
  };
}

/** Devices that every guest has. */
const STANDARD: ReadonlySet<string> = new Set(['lo', 'mgmt', 'tx', 'rx']);

function otherDevices(netDev: string): Record<string, Record<string, number>> {
  const rows = Object.entries(parseNetDev(netDev));
  return Object.fromEntries(rows.filter(([name]) => !STANDARD.has(name)));
}

function rxOf({ devices }: ReadPlan): string[] {
  return devices.filter(dev => dev === 'rx');
}

function statsOf({ stats, ethtool }: OpAnswer<'netdev'>): Record<string, number> {
  return { ...ethtool, ...stats };
}

/** What moved between two readings: `after` minus `before`, for the counters that are not reset at the start. */
export function difference(before: Readings, after: Readings): Readings {
  return {
    observers: after.observers,
    ifindex: { ...before.ifindex, ...after.ifindex },
    actions: mapRecord(after.actions, (name, counts) => subtract(counts, before.actions[name] ?? {})),
    devices: mapRecord(after.devices, (name, stats) => subtract(stats, before.devices[name] ?? {})),
    snmp: subtract(after.snmp, before.snmp),
    softnet: subtractByCpu(after.softnet, before.softnet),
    stack: subtractByCpu(after.stack, before.stack),
  };
}

/** True when nothing that a packet moves has moved between two readings: what `waitUntilIdle` waits for. */
export function sameCounts(a: Readings, b: Readings): boolean {
  return fingerprint(a) === fingerprint(b);
}

/** softnet and snmp are left out: not only packets move them. */
function fingerprint({ observers, actions, stack, devices }: Readings): string {
  return JSON.stringify([observers, actions, stack, devices]);
}

/** Rows of numbers, one per CPU, minus the earlier row of the same CPU. */
function subtractByCpu<R extends { readonly cpu: number }>(after: readonly R[], before: readonly R[]): R[] {
  return after.map(row => {
    const old = before.find(({ cpu }) => cpu === row.cpu) ?? {};
    const numbers = row as unknown as Record<string, number>;
    return { ...subtract(numbers, old), cpu: row.cpu } as unknown as R;
  });
}

function subtract(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> {
  return mapRecord(a, (name, value) => value - (b[name] ?? 0));
}

function byName<T>(names: readonly string[], make: (name: string) => T): Record<string, T> {
  return Object.fromEntries(names.map(name => [name, make(name)]));
}

function mapRecord<A, B>(
  record: Readonly<Record<string, A>>,
  map: (name: string, value: A) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(name, value)]));
}
