import type { ActionCounts, Counters, ObserverRows, Value, WitnessRows } from './counters.ts';

/** XDP attach modes; neither ever falls back to the other. */
export type XdpMode = 'native' | 'generic';

/** What a traffic source reports of its own work. */
export interface SourceReport {
  readonly source: 'pktgen' | 'packet' | 'packets' | 'udp' | 'live' | 'tcp' | 'ping' | 'xsk';
  /** Role of the device it sent on: `tx`, or `rx` for live frames. */
  readonly on: string;
  readonly requested: number;
  /** pktgen: `pkts-sofar`. Others: frames that the kernel took. */
  readonly sent: number;
  readonly errors: number;
  /** Packets per second over the source's own run, 0 where unknown. */
  readonly pps: number;
  /** It does not know how many frames it sends: they are what the device counted besides those of the other sources. */
  readonly uncounted?: boolean;
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
  /** `main`: attached to a device; `entry`: inserted into a cpumap entry; `egress`: inserted into a devmap entry. */
  readonly role: 'main' | 'entry' | 'egress';
  /** null for a program that is in an entry. */
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
  /** Packets of what a kernel sends by itself, and no source does: not in `frames`. */
  readonly foreign: number;
  /** skbs with a number. */
  readonly skbs: number;
  /** Other skbs of sources. */
  readonly unnumbered: number;
  /** Packets of those that are no frame that a source describes. */
  readonly strange: number;
  /** skbs of those that GRO merged. */
  readonly merged: number;
  /** skbs whose every byte, length, protocol and device is that of the frame sent. */
  readonly exact: number;
  /** skbs whose metadata is their sequence number. */
  readonly metas: number;
  /** skbs as sent, but for an IP id that is too high: pktgen's, after a frame that the device refused. */
  readonly ahead: number;
  /** By so much at most. */
  readonly ahead_most: number;
  /** Where the latest skb differs that is neither: 1 and the number of the byte, or a BPFRIG_DIFFERS_* of bpf/bpfrig.h; 0: none does. */
  readonly differs: number;
  /** Packets that no source sent, by their port and number. */
  readonly unsent: number;
  /** Of those, packets from a port that no source sends from. */
  readonly unclaimed: number;
  /** Packets that came after a higher number of their flow on this CPU. */
  readonly reordered: number;
  /** Packets of flows for which the order was not looked at. */
  readonly unordered: number;
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

/** Which of the numbers that were sent to `rx` reached the stack, each compared with how often it was sent. */
export interface Identities {
  /** Packets that were sent and arrived. */
  readonly matched: number;
  /** Packets that came more often than they were sent. */
  readonly duplicated: number;
  /** Packets that were sent, or were to be sent, and did not arrive: lost ones and dropped ones too. */
  readonly absent: number;
  /** The first that are of each kind, as `number 17 of port 9000`. */
  readonly examples: { readonly duplicated: readonly string[]; readonly absent: readonly string[] };
  /** Each number was sent once, so that the order of the numbers is that of the packets. */
  readonly once: boolean;
}

/** One frame of a capture. */
export interface CapturedFrame {
  /** Time of the guest's kernel since 1970: whole seconds, and nanoseconds. */
  readonly sec: number;
  readonly nsec: number;
  /** Bytes of the frame; `data` may have fewer. */
  readonly length: number;
  readonly direction: 'in' | 'out';
  /** The sender left the checksum to the device: the bytes do not have the right one. */
  readonly partial: boolean;
  /** Hex. */
  readonly data: string;
}

/** What a device received during the traffic, and on request what it sent. */
export interface Captured {
  readonly frames: readonly CapturedFrame[];
  /** Frames for which the capture had no room. */
  readonly lost: number;
}

/** What an AF_XDP socket received and what the kernel counted of it (XDP_STATISTICS), since the traffic began. */
export interface XskReading {
  /** Frames that came out of its rx ring. */
  readonly received: number;
  readonly bytes: number;
  /** Descriptors; a frame has several with XDP_USE_SG. */
  readonly descs: number;
  /** Descriptors of bytes that are not in the socket's memory. */
  readonly outside: number;
  /** Chunks that came back in its completion ring. */
  readonly completed: number;
  readonly rx_dropped: number;
  readonly rx_invalid_descs: number;
  readonly rx_ring_full: number;
  readonly rx_fill_ring_empty_descs: number;
  readonly tx_invalid_descs: number;
  readonly tx_ring_empty_descs: number;
}

/** The frames that AF_XDP sockets received, compared with those that were sent to `rx`. */
export interface XskFrames {
  /** Frames that are byte for byte as sent. */
  readonly exact: number;
  readonly changed: number;
  /** Frames that came more often than they were sent, all sockets together. */
  readonly duplicated: number;
  /** The first that is changed, and where; empty without one. */
  readonly example: string;
}

/** What one step returned: kept under the name of its `as`. `errno` is "OK" or an errno's name. */
export type StepResult = { readonly errno: string } & { readonly [key: string]: Value };

/** What the scenario's objects hold and report, as far as its expectations name it. */
export interface ObjectReadings {
  /** Entries by key, by the object's and the map's name, and `size`, the number of entries, where all of them were read. */
  readonly maps: Counters;
  /** Global variables, by the object's name. */
  readonly globals: Counters;
  /** Records of ring buffers and perf event arrays in the order in which they came, by the object's and the map's name. */
  readonly events: Counters;
  /** What the kernel reports of programs, by the object's and the program's name. */
  readonly programs: Counters;
  /** Records that bpfrig could not take in time, by the name of their stream: `fw.events`. */
  readonly lost: Readonly<Record<string, number>>;
  /** Names without a value, each with the reason. */
  readonly absent: Readonly<Record<string, string>>;
}

/**
 * Everything that was read from a guest for one cell, before any meaning is put into it.
 * Counts are differences between the start of the traffic and the moment when the guest was idle.
 */
export interface Observations {
  readonly release: string;
  readonly sources: readonly SourceReport[];
  /** What the steps of `after` sent, which is in no count. */
  readonly sourcesAfter?: readonly SourceReport[];
  /** Device counters by name: of `tx` and `rx` with ethtool's statistics, of others what /proc/net/dev has. */
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
  /** A text says why the packets cannot be told from one another; null without traffic to `rx`. */
  readonly identities: Identities | string | null;
  /** Why bpfrig does not know the bytes of all frames that were sent: then none that arrived counts as changed. */
  readonly opaque?: string | null;
  /** What a program of the scenario does to frames, one sentence, where that explains all that did not arrive as sent. */
  readonly explained?: string | null;
  readonly softnet: readonly SoftnetRow[];
  /** /proc/net/snmp, as `UdpNoPorts`. */
  readonly snmp: Readonly<Record<string, number>>;
  readonly steps: Readonly<Record<string, StepResult>>;
  readonly objects?: ObjectReadings;
  /** Kernel log lines since the cell began. */
  readonly log: readonly string[];
  /** Lines that the kernel overwrote before they were read. */
  readonly logLost?: number;
  /** Detectors of the kernel that were off before the cell began, one sentence each. */
  readonly spentDetectors?: readonly string[];
  /** AF_XDP sockets by name. */
  readonly xsks?: Readonly<Record<string, XskReading>>;
  /** A text says why they are not compared. */
  readonly xskFrames?: XskFrames | string;
  /** By device. */
  readonly captures?: Readonly<Record<string, Captured>>;
  /** What a reader should know when the cell fails, one sentence each: a map of the scenario that no program uses. */
  readonly hints?: readonly string[];
}
