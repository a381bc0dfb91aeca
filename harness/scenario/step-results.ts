import { didYouMean } from '../util/nearest.ts';
import type { Step } from './scenario.ts';
import type { StepKind } from './step-schema.ts';

/** What every result has: the errno, and of a refusal the system call and the log. */
const COMMON = ['errno', 'where', 'log'] as const;

/** The values that each kind of step returns next to its errno; null where only the kernel decides which there are. */
const FIELDS: { readonly [K in StepKind]: readonly string[] | null } = {
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
  load: ['id', 'programs', 'maps'],
  attach: ['id', 'link'],
  detach: [],
  frames: ['sent', 'errors'],
  pktgen: ['sent', 'errors'],
  send: ['sent', 'errors'],
  udp: ['sent', 'errors'],
  tcp: ['connected', 'accepted', 'sent_bytes', 'received_bytes', 'error'],
  ping: ['sent', 'errors', 'replies', 'duplicates'],
  live: ['sent', 'errors'],
  packets: ['sent', 'errors'],
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
  if (known.includes(field)) return null;
  return `unknown name \`${as}.${field}\`: a \`${step.kind}\` returns ${known.join(', ')}${didYouMean(field, known)}`;
}
