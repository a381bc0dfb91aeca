import type { Value } from '../model/counters.ts';
import { DECODED_NAMES } from '../packet/decode.ts';
import { didYouMean } from '../util/nearest.ts';
import type { Step } from './scenario.ts';
import type { StepKind } from './step-schema.ts';

/** What every result has: the errno, and of a refusal the system call and the log. */
const COMMON = ['errno', 'where', 'log'] as const;

/** Of a map's entry: its value in hex, and decoded by its type. */
type Entry = { readonly value: string; readonly decoded: Value };
/** Packets that a source sent, and those that it could not send. */
export type Sent = { readonly sent: number; readonly errors: number };
type Nothing = Readonly<Record<never, Value>>;

/** The values that each kind of step returns. Those that may be absent depend on the step's arguments. */
export interface StepOutcomes {
  cpumap: { readonly id: number };
  map: { readonly id: number };
  fill: { readonly count: number };
  /** `prog_id`: of the entry's program, where it got one. */
  update: { readonly prog_id?: number };
  /** Of a cpumap's entry also its `qsize`, and the id of its program. */
  lookup: Entry & { readonly qsize?: number; readonly prog_id?: number };
  delete: Nothing;
  lookup_and_delete: Entry;
  map_batch: { readonly count: number };
  next_key: { readonly key: Value };
  close: Nothing;
  /** As the kernel reports it. */
  info: Readonly<Record<string, Value>>;
  kthreads: { readonly count: number; readonly names: readonly string[]; readonly cpu: Value };
  gone: { readonly gone: boolean };
  sched: { readonly pid: number };
  stall: Nothing;
  release: Nothing;
  cpu: Nothing;
  rlimit: Nothing;
  enqueued: Nothing;
  dequeued: Nothing;
  hold: Nothing;
  held: Nothing;
  runnable: Nothing;
  /** `injected`: set when the cell ends. */
  fault: { readonly injected?: number };
  /** `id`: of a program that is loaded alone. `programs`, `maps`: ids by name, of a whole object. */
  load: {
    readonly id?: number;
    readonly programs?: Readonly<Record<string, number>>;
    readonly maps?: Readonly<Record<string, number>>;
  };
  /** `id`: of the program; absent where a map was attached. `link`: of the kernel's link; 0 for what is none. `mode`: of XDP. */
  attach: { readonly id?: number; readonly link: number; readonly mode?: string };
  detach: Nothing;
  frames: Sent;
  pktgen: Sent;
  send: Sent;
  udp: Sent;
  tcp: {
    readonly connected: number;
    readonly accepted: number;
    readonly sent_bytes: number;
    readonly received_bytes: number;
    readonly error: string;
  };
  ping: Sent & { readonly replies: number; readonly duplicates: number };
  live: Sent;
  packets: Sent;
  /** `zerocopy`: the mode that the kernel has chosen. */
  xsk: { readonly zerocopy: boolean };
  xsk_fill: { readonly filled: number };
  xsk_receive: { readonly received: number };
  /** `completed`: chunks that came back in the completion ring. */
  xsk_send: Sent & { readonly completed: number };
  xsk_close: Nothing;
  /** `packet`: its layers. */
  test_run: {
    readonly retval: number;
    readonly data_out?: string;
    readonly packet?: Value;
    readonly ctx_out?: Value;
  };
  join: Nothing;
  pending: { readonly count: number };
  wait: Nothing;
  /** `signal`: that killed it; empty where none did. */
  exec: {
    readonly status: number;
    readonly signal: string;
    readonly stdout: string;
    readonly stderr: string;
  };
  write: Nothing;
  read: { readonly text: string };
}

/** The names of those values next to the errno; null where only the kernel decides which there are. */
const FIELDS: { readonly [K in StepKind]: readonly (keyof StepOutcomes[K])[] | null } = {
  cpumap: ['id'],
  map: ['id'],
  fill: ['count'],
  update: ['prog_id'],
  lookup: ['value', 'decoded', 'qsize', 'prog_id'],
  delete: [],
  lookup_and_delete: ['value', 'decoded'],
  map_batch: ['count'],
  next_key: ['key'],
  close: [],
  info: null,
  kthreads: ['count', 'names', 'cpu'],
  gone: ['gone'],
  sched: ['pid'],
  stall: [],
  release: [],
  cpu: [],
  rlimit: [],
  enqueued: [],
  dequeued: [],
  hold: [],
  held: [],
  runnable: [],
  fault: ['injected'],
  load: ['id', 'programs', 'maps'],
  attach: ['id', 'link', 'mode'],
  detach: [],
  frames: ['sent', 'errors'],
  pktgen: ['sent', 'errors'],
  send: ['sent', 'errors'],
  udp: ['sent', 'errors'],
  tcp: ['connected', 'accepted', 'sent_bytes', 'received_bytes', 'error'],
  ping: ['sent', 'errors', 'replies', 'duplicates'],
  live: ['sent', 'errors'],
  packets: ['sent', 'errors'],
  xsk: ['zerocopy'],
  xsk_fill: ['filled'],
  xsk_receive: ['received'],
  xsk_send: ['sent', 'errors', 'completed'],
  xsk_close: [],
  test_run: ['retval', 'data_out', 'packet', 'ctx_out'],
  join: [],
  pending: ['count'],
  wait: [],
  exec: ['status', 'signal', 'stdout', 'stderr'],
  write: [],
  read: ['text'],
};

/** The names that expectations can read of a step's result, next to those that every result has; null where only the kernel decides. */
export function resultFields(kind: StepKind): readonly string[] | null {
  return FIELDS[kind];
}

/** What is wrong with a name that begins with a step's `as`, or null. `path` is the name cut at its dots and indexes. */
export function unknownField(step: Step, path: readonly string[]): string | null {
  const [as = '', field] = path;
  const fields = step.kind === 'repeat' ? [] : FIELDS[step.kind];
  if (field === undefined || field === '*' || fields === null) return null;
  const known = [...COMMON, ...fields];
  if (known.includes(field)) return field === 'packet' ? unknownLayer(path) : null;
  return `unknown name \`${as}.${field}\`: a \`${step.kind}\` returns ${known.join(', ')}${didYouMean(field, known)}`;
}

/** What is wrong with a name below a decoded packet, `ran.packet.ipp`, or null. */
function unknownLayer([as = '', field = '', part]: readonly string[]): string | null {
  if (part === undefined || part === '*' || DECODED_NAMES.includes(part)) return null;
  return `unknown name \`${as}.${field}.${part}\`: a packet has ${DECODED_NAMES.join(', ')}${didYouMean(part, DECODED_NAMES)}`;
}
