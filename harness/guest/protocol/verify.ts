import { z } from 'zod';
import { op } from './op.ts';
import { int, U32_MAX } from './words.ts';

const names = z.array(z.string()).readonly().optional();

/** Why a program was not loaded: `fault_json()` in images/agent/core/request.c. */
const failure = z
  .object({
    kind: z.enum(['kernel', 'agent', 'request']),
    errno: z.string().nullable(),
    code: z.int(),
    where: z.string(),
    message: z.string(),
    log: z.null(),
  })
  .readonly();

/** What the verifier says of the programs of an object, each loaded alone: `bpfrig load`. */
export const VERIFY_OPS = {
  verify_object: op(
    'Takes an object for `verify`, instead of the one before. The error of one that libbpf cannot open has libbpf’s words as its `log`.',
    { object_data: z.string().describe('the object in base64') },
    z
      .object({
        programs: z
          .array(
            z
              .object({
                name: z.string(),
                section: z.string(),
                type: z.string().describe('libbpf’s name, `unspec` where the section says nothing'),
                autoload: z.boolean(),
              })
              .readonly(),
          )
          .readonly(),
      })
      .readonly(),
  ),
  verify: op(
    'Loads one program of the object alone, as veristat does, and lets it go. Nothing is pinned; a map without a size gets one entry.',
    {
      program: z.string().describe('name in the object'),
      type: z
        .union([z.string(), int(0, U32_MAX)])
        .optional()
        .describe('libbpf’s name of another type than that of its section'),
      maps: names.describe('the object’s maps to create; all without it'),
      slots: names.describe('programs that its PROG_ARRAYs name: loaded only if it needs them'),
      log_bytes: int(0, 2 ** 24 - 1)
        .optional()
        .describe('the most of the end of `log`; 65,536 without it'),
    },
    z
      .object({
        failure: failure.nullable().describe('null: it was loaded'),
        insns: z.int().describe('as libbpf passes them to the kernel'),
        type: z.int().describe('0 where it was not loaded'),
        attach_type: z.int(),
        verified_insns: z.int().describe('0 before Linux 5.16'),
        xlated_bytes: z.int(),
        jited_bytes: z.int(),
        stats: z.string().describe('the verifier’s log at level 4: its refusal and its figures'),
        log: z.string().describe('its log at level 1, where it refused'),
        printed: z.string().describe('libbpf’s words'),
      })
      .readonly(),
  ),
};
