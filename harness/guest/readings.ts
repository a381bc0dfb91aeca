import type { ObserverRows, WitnessEvent, WitnessRows } from '../model/counters.ts';
import type { SoftnetRow, StackRow } from '../model/observations.ts';
import type { AgentRequest } from './agent-client.ts';
import type { RunningGuest } from './running-guest.ts';
import type { Testbed } from './testbed.ts';

/** One CPU's log of what reached the stack, in order: 8 bytes a packet, as `struct bpfrig_arrival` (bpf/bpfrig.h), in hex. */
export interface ArrivalLog {
  readonly cpu: number;
  readonly log: string;
  readonly lost: number;
}

/** Everything that is read of a guest at one moment. */
export interface Readings {
  readonly observers: ObserverRows;
  /** Action counts by program handle. */
  readonly actions: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly stack: readonly StackRow[];
  /** Statistics of `tx` and `rx`, sysfs and ethtool together. */
  readonly devices: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Of the devices of the guest under test. */
  readonly ifindex: Readonly<Record<string, number>>;
  readonly softnet: readonly SoftnetRow[];
  readonly snmp: Readonly<Record<string, number>>;
}

/** What there is to read: the devices, and the handles of the programs that are watched. */
export interface ReadPlan {
  readonly devices: readonly string[];
  readonly programs: readonly string[];
}

/** The rows of an answer by table; drops `tableRows` once every agent in use answers with `tables`. */
export function tableRows(answer: unknown): ObserverRows {
  const { tables, lost, ...rest } = answer as ObserverRows & Record<string, unknown>;
  return { tables: tables ?? (rest as ObserverRows['tables']), lost };
}

interface NetdevAnswer {
  readonly ifindex: number;
  readonly mac: string;
  readonly stats: Readonly<Record<string, number>>;
  readonly ethtool: Readonly<Record<string, number>>;
}

interface BatchAnswer {
  readonly answers: readonly { readonly ok?: unknown; readonly error?: { readonly message: string } }[];
}

/** Reads everything in one round trip. */
export async function readAll(bed: Testbed, plan: ReadPlan): Promise<Readings> {
  return (await readWith(bed, plan, [], [])).readings;
}

/**
 * Sets the observers and the witness of `events` to 0 and reads everything else: what later readings are compared with. The agent
 * of today has its own list of events.
 */
export async function readBaseline(
  bed: Testbed,
  plan: ReadPlan,
  _events: readonly WitnessEvent[],
): Promise<Readings> {
  const restart = [{ op: 'observers_reset' }, { op: 'witness_start' }];
  return (await readWith(bed, plan, restart, [])).readings;
}

/** What is read at the end of a cell. */
export interface FinalReadings {
  readonly readings: Readings;
  readonly witness: WitnessRows;
  /** null without a device under test. */
  readonly arrivals: readonly ArrivalLog[] | null;
}

/** The last readings of a quiet guest, and the second witness's, as near to each other as can be. */
export async function readFinal(bed: Testbed, plan: ReadPlan): Promise<FinalReadings> {
  const log = plan.devices.includes('rx') ? [{ op: 'stack_log', dev: 'rx' }] : [];
  const { readings, last } = await readWith(bed, plan, [], [{ op: 'witness_read' }, ...log]);
  const [answer, arrivals] = last as [WitnessRows, { rows: ArrivalLog[] }?];
  const { kind, ...counted } = answer;
  return { readings, witness: { kind, ...tableRows(counted) }, arrivals: arrivals?.rows ?? null };
}

/** The readings with other requests right before and after them, of which `last` are the answers; of two guests, both at once. */
async function readWith(
  { dut, generator }: Testbed,
  plan: ReadPlan,
  before: readonly AgentRequest[],
  after: readonly AgentRequest[],
): Promise<{ readings: Readings; last: readonly unknown[] }> {
  if (dut === generator) return await readOne(dut, plan, before, after);
  const far = plan.devices.filter(dev => dev === 'tx');
  const near = { ...plan, devices: plan.devices.filter(dev => dev !== 'tx') };
  const [{ readings, last }, answers] = await Promise.all([
    readOne(dut, near, before, after),
    callBatch(generator, far.map(netdevRequest)) as Promise<NetdevAnswer[]>,
  ]);
  const devices = Object.fromEntries(answers.map((answer, index) => [far[index], statsOf(answer)]));
  return { readings: { ...readings, devices: { ...readings.devices, ...devices } }, last };
}

async function readOne(
  guest: RunningGuest,
  plan: ReadPlan,
  before: readonly AgentRequest[],
  after: readonly AgentRequest[],
): Promise<{ readings: Readings; last: readonly unknown[] }> {
  const requests = requestsFor(plan);
  const answers = (await callBatch(guest, [...before, ...requests, ...after])).slice(before.length);
  return { readings: fold(plan, answers.values()), last: answers.slice(requests.length) };
}

function netdevRequest(dev: string): AgentRequest {
  return { op: 'netdev', dev };
}

function statsOf({ stats, ethtool }: NetdevAnswer): Record<string, number> {
  return { ...ethtool, ...stats };
}

function requestsFor({ devices, programs }: ReadPlan): AgentRequest[] {
  return [
    { op: 'observers_read' },
    { op: 'softnet' },
    { op: 'snmp' },
    ...devices.map(netdevRequest),
    ...programs.map(program => ({ op: 'actions_read', program })),
    ...(devices.includes('rx') ? [{ op: 'stack_read', dev: 'rx' }] : []),
  ];
}

/** Answers in the order of `requestsFor`. */
function fold(plan: ReadPlan, answers: Iterator<unknown>): Readings {
  const take = <T>(): T => answers.next().value as T;
  const observers = tableRows(take());
  const softnet = take<{ rows: SoftnetRow[] }>().rows;
  const snmp = take<Record<string, number>>();
  const devices = plan.devices.map(dev => [dev, take<NetdevAnswer>()] as const);
  const actions = plan.programs.map(program => [program, take<Record<string, number>>()] as const);
  const stack = plan.devices.includes('rx') ? take<{ rows: StackRow[] }>().rows : [];
  return {
    observers,
    softnet,
    snmp,
    devices: Object.fromEntries(devices.map(([dev, answer]) => [dev, statsOf(answer)])),
    ifindex: Object.fromEntries(devices.map(([dev, { ifindex }]) => [dev, ifindex])),
    actions: Object.fromEntries(actions),
    stack,
  };
}

/** Reading 5.10's trace buffer takes longest: 100,000 events are seconds under emulation. */
const BATCH_MS = 60_000;

/** Sends many requests in one and gives their answers; throws on the first that failed. */
export async function callBatch(guest: RunningGuest, requests: readonly AgentRequest[]): Promise<unknown[]> {
  const { answers } = await guest.call<BatchAnswer>({ op: 'batch', requests }, BATCH_MS);
  return answers.map((answer, index) => {
    if (answer.error !== undefined) throw new Error(`${requests[index]?.op}: ${answer.error.message}`);
    return answer.ok;
  });
}

/** What moved between two readings: `after` minus `before`, for the counters that are not reset at the start. */
export function difference(before: Readings, after: Readings): Readings {
  return {
    observers: after.observers,
    ifindex: after.ifindex,
    actions: mapRecord(after.actions, (name, counts) => subtract(counts, before.actions[name] ?? {})),
    devices: mapRecord(after.devices, (name, stats) => subtract(stats, before.devices[name] ?? {})),
    snmp: subtract(after.snmp, before.snmp),
    softnet: after.softnet.map(row => {
      const old = before.softnet.find(({ cpu }) => cpu === row.cpu);
      return {
        cpu: row.cpu,
        processed: row.processed - (old?.processed ?? 0),
        dropped: row.dropped - (old?.dropped ?? 0),
        time_squeeze: row.time_squeeze - (old?.time_squeeze ?? 0),
      };
    }),
    stack: after.stack.map(({ cpu, ...row }) => {
      const { cpu: _, ...old } = before.stack.find(one => one.cpu === cpu) ?? { cpu, ...NOTHING };
      return { cpu, ...(subtract(row, old) as typeof row) };
    }),
  };
}

const NOTHING = { frames: 0, bytes: 0, skbs: 0, exact: 0, metas: 0 } as const;

/** True when nothing that a packet moves has moved between two readings: what `quiet` means. */
export function sameCounts(a: Readings, b: Readings): boolean {
  return fingerprint(a) === fingerprint(b);
}

/** softnet and snmp are left out: the management channel itself moves them. */
function fingerprint({ observers, actions, stack, devices }: Readings): string {
  return JSON.stringify([observers, actions, stack, devices]);
}

function subtract(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> {
  return mapRecord(a, (name, value) => value - (b[name] ?? 0));
}

function mapRecord<A, B>(
  record: Readonly<Record<string, A>>,
  map: (name: string, value: A) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(name, value)]));
}
