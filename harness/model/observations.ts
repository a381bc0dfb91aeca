import type { ActionCounts, ObserverRows, Value, WitnessRows } from './counters.ts';

/** XDP attach modes; neither ever falls back to the other. */
export type XdpMode = 'native' | 'generic';

/** What a traffic source reports of its own work. */
export interface SourceReport {
  readonly source: 'pktgen' | 'packet' | 'udp' | 'live';
  /** Role of the device it sent on: `tx`, or `rx` for live frames. */
  readonly on: string;
  readonly requested: number;
  /** pktgen: `pkts-sofar`. Others: frames that the kernel took. */
  readonly sent: number;
  readonly errors: number;
  /** Packets per second over the source's own run, 0 where unknown. */
  readonly pps: number;
  /** The step's line in the scenario's file. */
  readonly line?: number;
  /** The step's `as`; null without. */
  readonly as?: string | null;
}

/** One loaded program and how often it returned each action during the cell's measured part. */
export interface ProgramReading {
  /** The name that the scenario gave it. */
  readonly name: string;
  readonly id: number;
  /** `main`: attached to a device; `entry`: inserted into a cpumap entry. */
  readonly role: 'main' | 'entry';
  /** null for a program of role `entry`. */
  readonly mode: XdpMode | null;
  readonly actions: ActionCounts;
  /** The scenario's names of the maps that it uses. */
  readonly maps?: readonly string[];
}

/** One row of /proc/net/softnet_stat. */
export interface SoftnetRow {
  readonly cpu: number;
  readonly processed: number;
  readonly dropped: number;
  readonly time_squeeze: number;
}

/** Frames that one CPU handed to tc ingress on the rx device, that is to the stack. */
export interface StackRow {
  readonly cpu: number;
  /** Packets: of an skb that GRO merged, as many as are in it. */
  readonly frames: number;
  readonly bytes: number;
  readonly skbs: number;
  /** skbs whose every byte, length, protocol and device is that of the frame sent. */
  readonly exact: number;
  /** skbs whose metadata is their sequence number. */
  readonly metas: number;
}

/** Which packets reached the stack, and in what order, by the sequence number in the payload. Of merged skbs the first number. */
export interface Arrivals {
  readonly count: number;
  /** Pairs of flow and number that differ. */
  readonly distinct: number;
  /** 0 where there are none. */
  readonly min: number;
  readonly max: number;
  /** Packets that came after one of the same flow, on the same CPU, with a higher number. */
  readonly inversions: number;
  /** mod8[n]: packets whose number leaves n when it is divided by 8. */
  readonly mod8: readonly number[];
  /** The first numbers of each CPU, CPU by CPU. */
  readonly list: readonly number[];
  /** Packets for which the log had no room. */
  readonly lost: number;
}

/** What one step returned: kept under the name of its `as`. `errno` is "OK" or an errno's name. */
export type StepResult = { readonly errno: string } & { readonly [key: string]: Value };

/**
 * Everything that was read from a guest for one cell, before any meaning is put into it.
 * Counts are differences between the start of the traffic and the moment when the guest was idle.
 */
export interface Observations {
  readonly release: string;
  readonly sources: readonly SourceReport[];
  /** What the steps of `after` sent, which is in no count. */
  readonly sourcesAfter?: readonly SourceReport[];
  /** Device counters by role (`tx`, `rx`), ethtool statistics under their own names. */
  readonly devices: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly ifindex: Readonly<Record<string, number>>;
  readonly programs: readonly ProgramReading[];
  /** Map ids by the scenario's names. */
  readonly maps: Readonly<Record<string, number>>;
  /** Types of the same maps as the scenario wrote them: `cpumap`, `devmap`, or the number of `enum bpf_map_type`. */
  readonly mapTypes: Readonly<Record<string, string>>;
  readonly observers: ObserverRows;
  readonly witness: WitnessRows | null;
  readonly stack: readonly StackRow[];
  /** null without a device under test. */
  readonly arrivals: Arrivals | null;
  readonly softnet: readonly SoftnetRow[];
  /** /proc/net/snmp, as `UdpNoPorts`. */
  readonly snmp: Readonly<Record<string, number>>;
  readonly steps: Readonly<Record<string, StepResult>>;
  /** Kernel log lines since the cell began. */
  readonly log: readonly string[];
  /** Lines that the kernel overwrote before they were read. */
  readonly logLost?: number;
  /** What a reader should know when the cell fails, one sentence each: a map of the scenario that no program uses. */
  readonly hints?: readonly string[];
}
