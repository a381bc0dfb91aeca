/** Types of maps in the order of their numbers: enum bpf_map_type, include/uapi/linux/bpf.h, by libbpf's names. */
const MAP_TYPES = [
  'unspec',
  'hash',
  'array',
  'prog_array',
  'perf_event_array',
  'percpu_hash',
  'percpu_array',
  'stack_trace',
  'cgroup_array',
  'lru_hash',
  'lru_percpu_hash',
  'lpm_trie',
  'array_of_maps',
  'hash_of_maps',
  'devmap',
  'sockmap',
  'cpumap',
  'xskmap',
  'sockhash',
  'cgroup_storage',
  'reuseport_sockarray',
  'percpu_cgroup_storage',
  'queue',
  'stack',
  'sk_storage',
  'devmap_hash',
  'struct_ops',
  'ringbuf',
  'inode_storage',
  'task_storage',
  'bloom_filter',
  'user_ringbuf',
  'cgrp_storage',
  'arena',
  'insn_array',
] as const;

/** Name of a map type, as libbpf and bpftool write it; `type 99` for one that is newer than the list. */
export function mapTypeName(type: number): string {
  return MAP_TYPES[type] ?? `type ${type}`;
}

/**
 * Types whose maps are fully described by type, sizes, entries and flags. libbpf adds something of its own to the others when it
 * creates them (BTF, a page-rounded size, the number of CPUs, an inner map), so it has to create those.
 */
const PLAIN_TYPES: ReadonlySet<string> = new Set([
  'hash',
  'array',
  'percpu_hash',
  'percpu_array',
  'lru_hash',
  'lru_percpu_hash',
  'lpm_trie',
  'devmap',
  'devmap_hash',
  'cpumap',
  'xskmap',
  'sockmap',
  'sockhash',
  'queue',
  'stack',
  'prog_array',
]);

/** Whether maps of this type are fully described by type, sizes, entries and flags. */
export function isPlainMapType(name: string): boolean {
  return PLAIN_TYPES.has(name);
}
