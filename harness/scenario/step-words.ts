import { z } from 'zod';
import { BOUNDS, grouped } from './bounds.ts';

/**
 * Lets a schema also take `$axis` where it takes anything else. Scenarios are checked with their axes filled in, so
 * checking uses {@link exactly}; only the JSON Schema, with which editors check the file as written, uses {@link orAxis}.
 * The TypeScript type is that of the filled-in value in both.
 */
export type Wrap = <T extends z.ZodType>(schema: T) => T;

/** Takes a schema as it is. */
export const exactly: Wrap = schema => schema;
/** Also takes `$axis`. */
export const orAxis: Wrap = <T extends z.ZodType>(schema: T): T =>
  z.union([schema, z.string().regex(/^\$/)]) as unknown as T;

/** A name that expectations can use as it stands. */
export const NAME = /^[a-z][a-z0-9_]*$/;
/** A name in BPF C: of a program, a global variable, a map. */
export const C_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A name in BPF C, with the name of an object in front or without: `stats`, `fw.stats`, `fw..bss`. */
export const OBJECT_NAME = /^(?:[\w.-]+\.)?[A-Za-z_][A-Za-z0-9_]*$/;
/** A name that the kernel takes for a device (IFNAMSIZ), and that reads as one word everywhere. */
export const DEVICE_NAME = /^[A-Za-z][\w.-]{0,14}$/;

/** As most attributes of bpf(2) are: images/agent/PROTOCOL.md. */
const U32_MAX = 0xffff_ffff;

/** A value whose type the object's BTF has: it is checked when that is known. */
type Typed = number | string | boolean | readonly Typed[] | { readonly [member: string]: Typed };

const typed: z.ZodType<Typed> = z.lazy(() =>
  z.union([z.number(), z.string(), z.boolean(), z.array(typed), z.record(z.string(), typed)]),
);

/** What the steps' arguments are made of. */
export function words(wrap: Wrap) {
  const int = (least: number, most = U32_MAX) => wrap(z.int().min(least).max(most));
  const milliseconds = (least: number) =>
    wrap(
      z
        .int()
        .min(least)
        .max(BOUNDS.waitMs, {
          error: `longer than a step may take: ${grouped(BOUNDS.waitMs)} ms at most`,
        }),
    );
  const map = z
    .string()
    .regex(OBJECT_NAME)
    .describe(
      "a map's name: of one that a step creates, or that an object of the scenario declares; `OBJECT.NAME` where several do",
    );
  return {
    int,
    milliseconds,
    count: wrap(
      z
        .int()
        .min(1)
        .max(BOUNDS.packets, {
          error: `more than a step may send: ${grouped(BOUNDS.packets)} packets at most`,
        }),
    ).describe('packets'),
    times: int(1, BOUNDS.steps),
    flag: wrap(z.boolean()),
    counted: wrap(z.boolean())
      .default(true)
      .describe(
        'count what the program returns; that holds a reference to it, and without it no traffic may pass it',
      ),
    program: wrap(z.string().regex(OBJECT_NAME)).describe(
      "a BPF program's name, in a stock or an own object; `OBJECT.NAME` where several objects have one",
    ),
    config: z
      .record(z.string().regex(C_NAME), wrap(typed))
      .describe("values of the program's global variables by their types, set before it is loaded"),
    maps: z
      .record(z.string().regex(C_NAME), map)
      .describe(
        'which map of the scenario a map of the object is; those of the same name are the same in any case',
      ),
    map,
    caps: z
      .array(z.enum(['net_admin', 'sys_admin', 'perfmon', 'bpf']))
      .optional()
      .describe('the only capabilities in effect during the call; default: all'),
    key: wrap(typed).describe(
      "an entry's key by its type: a number, an address, a text, a mapping for a struct, a list for an array; or hex, two digits for each byte",
    ),
    typed: wrap(typed),
    port: wrap(z.enum(['rx', 'tx'])).describe('the device'),
    device: wrap(z.string().regex(DEVICE_NAME)).describe('rx, tx, or one of `guest: { devices }`'),
    mode: wrap(z.enum(['native', 'generic'])),
    frameSize: wrap(z.int().min(14).max(65535)).default(64).describe('bytes of a frame, without the FCS'),
    cpu: int(0, 1023).default(0).describe('the CPU that sends'),
  };
}
