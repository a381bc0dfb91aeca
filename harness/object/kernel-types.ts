import type { Btf } from './btf.ts';
import { ByteReader } from './elf.ts';

/** Structs that the kernel passes to programs: what it knows a function's context by. */
const CONTEXTS: readonly string[] = [
  'xdp_md',
  '__sk_buff',
  'bpf_sock',
  'bpf_sock_addr',
  'bpf_sock_ops',
  'sk_msg_md',
  'sk_reuseport_md',
  'bpf_sk_lookup',
  'bpf_sysctl',
  'bpf_sockopt',
  'bpf_cgroup_dev_ctx',
  'bpf_perf_event_data',
  'bpf_raw_tracepoint_args',
  'bpf_nf_ctx',
  'pt_regs',
];

/**
 * Why an object can only be loaded where the kernel has BTF (CONFIG_DEBUG_INFO_BTF), in a few words; null where it can be loaded without. `ext` is its
 * section `.BTF.ext`, `programs` the names of its programs. Throws RangeError for a section that is cut off.
 */
export function whyKernelTypes(
  btf: Btf | null,
  ext: { readonly data: Buffer; readonly littleEndian: boolean } | null,
  programs: readonly string[],
): string | null {
  if (ext !== null && hasCoreRelocations(ext.data, ext.littleEndian))
    return 'its CO-RE relocations are made by the types of the kernel';
  const kernels = btf?.types.find(({ kind, name }) => kind === 'datasec' && name === '.ksyms');
  if (kernels !== undefined) return 'it refers to functions or variables of the kernel (__ksym)';
  const shared = btf === null ? undefined : globalWithContext(btf, programs);
  return shared === undefined ? null : `its global function ${shared} takes the context`;
}

/** The fields of the header of `.BTF.ext`: Documentation/bpf/btf.rst. */
const HEADER = { bytes: 4, coreLength: 28 } as const;

function hasCoreRelocations(data: Buffer, littleEndian: boolean): boolean {
  const read = new ByteReader(data, littleEndian);
  if (read.u32(HEADER.bytes) < HEADER.coreLength + 4) return false;
  // The size of a record stands in front of them.
  return read.u32(HEADER.coreLength) > 4;
}

/**
 * A function that is verified by itself and gets the context: without BTF of the kernel, a verifier takes the pointer for one to plain memory
 * (btf_is_prog_ctx_type() in kernel/bpf/btf.c).
 */
function globalWithContext(btf: Btf, programs: readonly string[]): string | undefined {
  return btf.types.find(({ kind, name, linkage, target }) => {
    if (kind !== 'func' || linkage !== 1 || programs.includes(name)) return false;
    return btf.type(target).parameters.some(parameter => {
      const pointer = btf.resolve(parameter);
      return pointer.kind === 'ptr' && CONTEXTS.includes(btf.resolve(pointer.target).name);
    });
  })?.name;
}
