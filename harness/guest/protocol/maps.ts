import { z } from 'zod';
import { op } from './op.ts';
import { caps, EXACT_MAX, hex, int, map, nothing, program, U32_MAX } from './words.ts';

const value = z.object({ value: hex }).readonly();

/** BPF maps: each op is one system call of bpf(2). */
export const MAP_OPS = {
  map_create: op(
    'BPF_MAP_CREATE. The map is kept under `name` until `close`.',
    {
      name: z.string().describe('the handle'),
      type: z.union([z.string(), int(0, U32_MAX)]).describe('name, as `cpumap`, or number'),
      key_size: int(0, U32_MAX),
      value_size: int(0, U32_MAX),
      max_entries: int(0, U32_MAX),
      flags: int(0, U32_MAX).optional(),
      numa_node: int(0, U32_MAX).optional(),
      btf: z.boolean().optional().describe('with types for key and value'),
      inner: map.optional().describe('the map that defines the shape of the inner maps'),
      caps,
    },
    z.object({ id: z.int() }).readonly(),
  ),
  map_update: op(
    'BPF_MAP_UPDATE_ELEM. One of `value`, `value_map` and `value_program` is required; a value has the length of the map’s value_size. With a value, the program’s descriptor takes its last 4 bytes, as in struct bpf_devmap_val.',
    {
      map,
      key: hex,
      value: hex.optional(),
      value_map: map.optional().describe('the descriptor of this map is the value'),
      value_program: program.optional().describe('the descriptor of this program is the value'),
      flags: int(0, EXACT_MAX).optional(),
      caps,
    },
    nothing,
  ),
  cpumap_update: op(
    'BPF_MAP_UPDATE_ELEM of a cpumap’s entry. At most one of `program`, `prog_fd` and `prog_map`.',
    {
      map,
      key: int(0, U32_MAX),
      qsize: int(0, U32_MAX),
      program: program.optional(),
      prog_fd: int(-0x8000_0000, 0x7fff_ffff)
        .optional()
        .describe('any number instead of a program’s descriptor'),
      prog_map: map.optional().describe('the descriptor of this map instead of a program’s'),
      at_fd_0: z.boolean().optional().describe('the program has descriptor 0 meanwhile'),
      flags: int(0, EXACT_MAX).optional(),
      times: int(1, 1_000_000).optional().describe('how many times in a row; 1 without it'),
      other_qsize: int(0, U32_MAX).optional().describe('the qsize of every second time'),
      caps,
    },
    nothing,
  ),
  map_lookup: op(
    'BPF_MAP_LOOKUP_ELEM. A cpumap’s value is decoded too.',
    { map, key: hex, caps },
    z.object({ value: hex, qsize: z.exactOptional(z.int()), prog_id: z.exactOptional(z.int()) }).readonly(),
  ),
  map_delete: op('BPF_MAP_DELETE_ELEM.', { map, key: hex }, nothing),
  map_next_key: op(
    'BPF_MAP_GET_NEXT_KEY; the first key without `key`.',
    { map, key: hex.optional() },
    z.object({ key: hex }).readonly(),
  ),
  map_take: op('BPF_MAP_LOOKUP_AND_DELETE_ELEM.', { map, key: hex }, value),
  map_batch: op(
    'BPF_MAP_*_BATCH of the first entries.',
    {
      map,
      what: z.enum(['lookup', 'lookup_and_delete', 'update', 'delete']),
      count: int(1, 1024).optional().describe('1 without it'),
    },
    z.object({ count: z.int() }).readonly(),
  ),
  map_info: op(
    'BPF_OBJ_GET_INFO_BY_FD of a map.',
    { map },
    z
      .object({
        id: z.int(),
        type: z.int(),
        key_size: z.int(),
        value_size: z.int(),
        max_entries: z.int(),
        flags: z.int(),
        name: z.string(),
        fdinfo: z.string().describe('text of /proc/self/fdinfo/N'),
      })
      .readonly(),
  ),
};
