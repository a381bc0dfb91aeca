import type { ObserverRows, WitnessRows } from '../model/counters.ts';
import type { SoftnetRow } from '../model/observations.ts';
import type { AgentRequest } from './agent-client.ts';
import type { RunningGuest } from './running-guest.ts';

/** One row of the stack observer. */
export interface StackRow {
  readonly cpu: number;
  readonly frames: number;
  readonly bytes: number;
}

/** Everything that is read of a guest at one moment. */
export interface Readings {
  readonly observers: ObserverRows;
  /** Action counts by program handle. */
  readonly actions: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly stack: readonly StackRow[];
  /** Statistics of `tx` and `rx`, sysfs and ethtool together. */
  readonly devices: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly softnet: readonly SoftnetRow[];
  readonly snmp: Readonly<Record<string, number>>;
}

/** What there is to read: the devices, and the handles of the programs that are watched. */
export interface ReadPlan {
  readonly devices: readonly string[];
  readonly programs: readonly string[];
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
export async function readAll(guest: RunningGuest, plan: ReadPlan): Promise<Readings> {
  const requests: AgentRequest[] = [
    { op: 'observers_read' },
    { op: 'softnet' },
    { op: 'snmp' },
    ...plan.devices.map(dev => ({ op: 'netdev', dev })),
    ...plan.programs.map(program => ({ op: 'actions_read', program })),
    ...(plan.devices.includes('rx') ? [{ op: 'stack_read', dev: 'rx' }] : []),
  ];
  const answers = await callBatch(guest, requests);
  const next = answers.values();
  const take = <T>(): T => next.next().value as T;
  const observers = take<ObserverRows>();
  const softnet = take<{ rows: SoftnetRow[] }>().rows;
  const snmp = take<Record<string, number>>();
  const devices = plan.devices.map(dev => {
    const { stats, ethtool } = take<NetdevAnswer>();
    return [dev, { ...ethtool, ...stats }] as const;
  });
  const actions = plan.programs.map(program => [program, take<Record<string, number>>()] as const);
  const stack = plan.devices.includes('rx') ? take<{ rows: StackRow[] }>().rows : [];
  return {
    observers,
    softnet,
    snmp,
    devices: Object.fromEntries(devices),
    actions: Object.fromEntries(actions),
    stack,
  };
}

/** Reads the second witness; null where none was started. */
export async function readWitness(guest: RunningGuest): Promise<WitnessRows> {
  return guest.call<WitnessRows>({ op: 'witness_read' }, 60_000);
}

/** Sends many requests in one and gives their answers; throws on the first that failed. */
export async function callBatch(guest: RunningGuest, requests: readonly AgentRequest[]): Promise<unknown[]> {
  const { answers } = await guest.call<BatchAnswer>({ op: 'batch', requests });
  return answers.map((answer, index) => {
    if (answer.error !== undefined) throw new Error(`${requests[index]?.op}: ${answer.error.message}`);
    return answer.ok;
  });
}

/** What moved between two readings: `after` minus `before`, for the counters that are not reset at the start. */
export function difference(before: Readings, after: Readings): Readings {
  return {
    observers: after.observers,
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
    stack: after.stack.map(row => {
      const old = before.stack.find(({ cpu }) => cpu === row.cpu);
      return { cpu: row.cpu, frames: row.frames - (old?.frames ?? 0), bytes: row.bytes - (old?.bytes ?? 0) };
    }),
  };
}

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
