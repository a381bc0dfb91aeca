import { z } from 'zod';
import { globals, objectFile, targets } from './objects.ts';
import { op } from './op.ts';
import { cpu, device, hex, int, map, nothing, program, U32_MAX } from './words.ts';

const mode = z
  .enum(['native', 'generic', 'default'])
  .describe('never in another mode than this one; default: the kernel’s choice');
const expected = program.optional().describe('what is attached there now: IFLA_XDP_EXPECTED_FD');

/** BPF programs: loading, attaching, running. */
export const PROGRAM_OPS = {
  load: op(
    'Loads one program of an object by libbpf and keeps it under `name`. The error has the verifier’s `log`.',
    {
      ...objectFile,
      program: z.string().describe('name in the object'),
      name: z.string().describe('the handle'),
      also: z
        .array(z.string())
        .readonly()
        .optional()
        .describe(
          'programs of the object that are loaded along with it, which its tables of tail calls name',
        ),
      globals,
      maps: z
        .record(z.string(), z.string())
        .optional()
        .describe('handles of maps to use, by name in the object'),
      create: z
        .array(z.string())
        .readonly()
        .optional()
        .describe('the object’s maps to create, which live with the program'),
      keep: z
        .record(z.string(), z.string())
        .optional()
        .describe('new handles for maps of the object, those of its variables (`.bss`) included'),
      targets,
      type: z.union([z.string(), int(0, U32_MAX)]).optional(),
      expected_attach: z.union([z.string(), int(0, U32_MAX)]).optional(),
      frags: z.boolean().optional().describe('BPF_F_XDP_HAS_FRAGS'),
      dev_bound: device.optional().describe('BPF_F_XDP_DEV_BOUND_ONLY on this device'),
      keep_open: z
        .boolean()
        .optional()
        .describe('the object stays open until the session ends, so that libbpf can attach the program'),
    },
    z.object({ id: z.int(), tag: hex }).readonly(),
  ),
  prog_info: op(
    'BPF_OBJ_GET_INFO_BY_FD of a program.',
    { program },
    z
      .object({
        id: z.int(),
        type: z.int(),
        jited_len: z.int().describe('bytes of machine code; 0 without the JIT compiler'),
        verified_insns: z.int().describe('0 before Linux 5.16, which does not report it'),
        run_cnt: z.int(),
        run_time_ns: z.int(),
        name: z.string(),
        fdinfo: z.string().describe('text of /proc/self/fdinfo/N'),
      })
      .readonly(),
  ),
  id_exists: op(
    'Whether the kernel still has a map or a program of this id.',
    { kind: z.enum(['map', 'prog']), object: int(0, U32_MAX).describe('its id') },
    z.object({ exists: z.boolean() }).readonly(),
  ),
  close: op(
    'Closes the descriptor of a map or a program: one of the two.',
    { map: map.optional(), program: program.optional() },
    nothing,
  ),
  attach: op(
    'Attaches an XDP program to a device and verifies the mode by a query.',
    {
      program,
      dev: device,
      mode,
      flags: int(0, U32_MAX).optional().describe('XDP_FLAGS_* besides that of the mode'),
      expected,
    },
    z.object({ ifindex: z.int(), mode: z.enum(['native', 'generic']) }).readonly(),
  ),
  detach: op('Detaches the XDP program of a device.', { dev: device, mode, expected }, nothing),
  test_run: op(
    'BPF_PROG_TEST_RUN.',
    {
      program,
      data: hex.optional().describe('the packet; absent for a program that takes none'),
      ctx: hex.optional().describe('the context, as the program’s type has it; instead of `dev`'),
      repeat: int(0, U32_MAX).optional(),
      live: z.boolean().optional().describe('BPF_F_TEST_XDP_LIVE_FRAMES'),
      batch: int(0, U32_MAX).optional().describe('64 without it; with `live` only'),
      flags: int(0, U32_MAX).optional().describe('any, as they stand'),
      room: int(1, 1 << 20)
        .optional()
        .describe('bytes for the packet afterwards; 512 more than `data` without it'),
      dev: device.optional(),
      cpu: cpu.optional(),
      priority: int(1, 99).optional().describe('of SCHED_FIFO, from before the task comes to `cpu`'),
    },
    z
      .object({
        retval: z.int(),
        duration_ns: z.int(),
        data_out: hex.optional().describe('the packet afterwards; with `data`, not with `live`'),
        ctx_out: hex.optional().describe('the context afterwards; with `ctx`'),
      })
      .readonly(),
  ),
};
