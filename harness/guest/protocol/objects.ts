import { z } from 'zod';
import { op } from './op.ts';
import { EXACT_MAX, hex, int, map, nothing } from './words.ts';

/** Arguments that ops which load from an object have in common: images/agent/bpf/open_objects.h, globals.h, load_programs.h. */
export const objectFile = {
  object: z.string().optional().describe('path in the guest; or `object_data`'),
  object_data: z.string().optional().describe('the object itself in base64'),
};

/** Initial values of global variables. */
export const globals = z
  .array(z.strictObject({ section: z.string(), offset: z.int(), hex: z.string() }).readonly())
  .readonly()
  .optional()
  .describe('initial values of global variables: bytes (`hex`) at an `offset` of a `section`');

/** What programs of type EXT replace. */
export const targets = z
  .record(z.string(), z.strictObject({ program: z.string(), function: z.string().optional() }).readonly())
  .optional()
  .describe(
    'what programs replace or trace: by their name, the handle of the other `program`, and its `function` where their section does not name it',
  );

/** Whole objects, and what their maps hold. */
export const OBJECT_OPS = {
  object_load: op(
    'Loads a whole object by libbpf, as its own loader would, and keeps it open. Handles are OBJECT.NAME, of the maps of variables OBJECT..bss and so on. The error names the program or map, and has the verifier’s `log`.',
    {
      ...objectFile,
      name: z.string().describe('the object’s name: the first part of the handles'),
      globals,
      maps: z
        .record(z.string(), z.string())
        .optional()
        .describe('handles of maps to use instead of the object’s, by name in the object'),
      sizes: z.record(z.string(), z.int()).optional().describe('other numbers of entries, by map'),
      programs: z
        .array(z.string())
        .readonly()
        .optional()
        .describe('only these programs; all that are autoloaded without it'),
      types: z
        .record(z.string(), z.string())
        .optional()
        .describe('libbpf’s names of types, by program: instead of what their sections say'),
      targets,
    },
    z
      .object({
        programs: z
          .array(z.object({ name: z.string(), handle: z.string(), id: z.int(), type: z.int() }).readonly())
          .readonly(),
        maps: z
          .array(
            z
              .object({
                name: z.string().describe('in the object: `.bss` for its variables'),
                handle: z.string(),
                id: z.int(),
                type: z.int(),
                key_size: z.int(),
                value_size: z.int().describe('of one CPU'),
                max_entries: z.int(),
                internal: z.boolean().describe('holds global variables'),
              })
              .readonly(),
          )
          .readonly(),
      })
      .readonly(),
  ),
  map_dump: op(
    'All entries of a map. An answer has at most 4 MiB of keys and values. A per-CPU value has those of all possible CPUs, one after another.',
    { map, max: int(1, 65_536).optional().describe('entries; 65536 without it') },
    z
      .object({
        entries: z.array(z.object({ key: hex, value: hex }).readonly()).readonly(),
        more: z.boolean().describe('there are further entries'),
      })
      .readonly(),
  ),
  map_socket: op(
    'BPF_MAP_UPDATE_ELEM of a SOCKMAP, SOCKHASH or XSKMAP with a socket. One that it opens stays open until the session ends.',
    {
      map,
      key: hex,
      kind: z
        .enum(['tcp', 'udp', 'xsk'])
        .describe('a new end of a connection on 127.0.0.1, a new socket bound there, or one of `xsk_open`'),
      xsk: z.string().optional().describe('name of the AF_XDP socket'),
      flags: int(0, EXACT_MAX).optional(),
    },
    nothing,
  ),
  events_start: op(
    'Begins to take records out of a ring buffer or a perf event array. Nothing happens where that has begun.',
    { map },
    nothing,
  ),
  events_read: op(
    'Takes the records that have come since the last call. The agent keeps at most 65536 of them, and 4 MiB.',
    { map },
    z
      .object({
        records: z
          .array(
            z
              .object({
                cpu: z.exactOptional(z.int()).describe('of a perf event array only'),
                data: hex.describe(
                  'a perf record may have some bytes more than were written: its size is padded',
                ),
              })
              .readonly(),
          )
          .readonly(),
        lost: z
          .int()
          .describe(
            'records since the last call that found no room here, or in the kernel’s part of a perf event array; what finds no room in a ring buffer, only the program knows',
          ),
      })
      .readonly(),
  ),
};
