import { integersBytes, type ByteOrder } from '../arch/byte-order.ts';
import { BpfrigError } from '../util/errors.ts';
import { sectionPlace } from './attach-sections.ts';
import type { Btf } from './btf.ts';
import type { BpfObject, BpfProgram } from './object.ts';

/** The struct that a program gets. */
export interface ContextType {
  /** `xdp_md`, `__sk_buff`. */
  readonly name: string;
  /** BTF id. */
  readonly type: number;
}

/** The struct to which the only parameter of a program points, by its declaration; null for one that gets anything else. */
export function contextType(btf: Btf, program: string): ContextType | null {
  const found = btf.types.find(({ kind, name }) => kind === 'func' && name === program);
  if (found === undefined) return null;
  const { parameters } = btf.type(found.target);
  const [first] = parameters;
  const pointer = btf.resolve(first ?? 0);
  if (parameters.length !== 1 || pointer.kind !== 'ptr') return null;
  const { kind, name, id } = btf.resolve(pointer.target);
  return kind === 'struct' && name !== '' ? { name, type: id } : null;
}

/** Program types by libbpf's names, of contexts that no other type has. */
const ONLY_TYPE: Readonly<Record<string, string>> = {
  xdp_md: 'xdp',
  bpf_sock_ops: 'sock_ops',
  sk_msg_md: 'sk_msg',
  sk_reuseport_md: 'sk_reuseport',
  bpf_perf_event_data: 'perf_event',
};

/**
 * libbpf's name of the type of a program whose section libbpf does not know, `SEC("xdp_router")`: its own loader sets the type, and the
 * context that it declares has only one. Null where the section says it, or nothing does.
 */
export function impliedType({ btf }: BpfObject, { name, section }: BpfProgram): string | null {
  if (btf === null || sectionPlace(section) !== null) return null;
  return ONLY_TYPE[contextType(btf, name)?.name ?? ''] ?? null;
}

/** Contexts of programs that get a packet. */
const WITH_PACKET: readonly string[] = ['xdp_md', '__sk_buff', 'bpf_nf_ctx'];

/** Whether a program gets a packet, by its declaration; without one, it is taken for one that does. */
export function getsPacket(btf: Btf | null, program: string): boolean {
  if (btf?.types.some(({ kind, name }) => kind === 'func' && name === program) !== true) return true;
  return WITH_PACKET.includes(contextType(btf, program)?.name ?? '');
}

/** A context of 64-bit words, as tracing programs get their arguments. */
export function wordsContext(words: readonly number[], order: ByteOrder): Buffer {
  const wrong = words.find(word => !Number.isSafeInteger(word));
  if (wrong !== undefined) throw new BpfrigError('scenario', `\`ctx\`: ${wrong} is no whole number`);
  return integersBytes(words, 8, order);
}
