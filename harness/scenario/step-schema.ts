import { z } from 'zod';

/**
 * Lets a schema also take `$axis` where it takes anything else. Scenarios are checked with their axes filled in, so
 * checking uses {@link exactly}; only the JSON Schema, which editors hold against the file as written, uses {@link orAxis}.
 * The TypeScript type is that of the filled-in value in both.
 */
export type Wrap = <T extends z.ZodType>(schema: T) => T;

export const exactly: Wrap = schema => schema;
export const orAxis: Wrap = <T extends z.ZodType>(schema: T): T =>
  z.union([schema, z.string().regex(/^\$/)]) as unknown as T;

/** A name that expectations can use as it stands. */
const NAME = /^[a-z][a-z0-9_]*$/;
/** A name in BPF C: of a program, a global variable, a map. */
const C_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Schemas of all kinds of steps, one key a kind. What each one does stands in its description. */
export function stepKinds(wrap: Wrap) {
  const int = (least: number) => wrap(z.int().min(least));
  const count = int(1);
  const flag = wrap(z.boolean());
  const program = wrap(z.string().regex(C_NAME)).describe(
    "a BPF program's name, in a stock or an own object",
  );
  const config = z
    .record(z.string().regex(C_NAME), wrap(z.union([z.int(), z.boolean(), z.array(z.int())])))
    .describe("values of the program's global variables, set before it is loaded");
  const map = z.string().regex(NAME).describe("a map's name in this scenario");
  const key = wrap(z.union([z.int().min(0), z.string().regex(/^0x[0-9a-f]+$/i)]));
  const port = wrap(z.enum(['rx', 'tx']));
  const mode = wrap(z.enum(['native', 'generic']));
  const frameSize = wrap(z.int().min(14).max(65535)).default(64);
  const cpu = int(0).default(0);
  const updateFlags = wrap(z.union([z.enum(['any', 'noexist', 'exist']), z.int().min(0)])).default('any');
  const entry = z.strictObject({ qsize: int(0), program: program.optional(), config: config.optional() });

  return {
    cpumap: z
      .strictObject({
        name: map,
        max_entries: int(0).nullable().default(null),
        value_size: int(0).default(8),
        flags: int(0).default(0),
        numa_node: int(0).optional(),
        entries: z.record(z.string().regex(/^\$?\w+$/), entry).default({}),
      })
      .describe('create a cpumap and its entries; max_entries null is the number of possible CPUs'),
    map: z
      .strictObject({
        name: map,
        type: wrap(z.union([z.string(), z.int().min(0)])),
        key_size: int(0),
        value_size: int(0),
        max_entries: int(0),
        flags: int(0).default(0),
        numa_node: int(0).optional(),
        btf: flag.default(false),
      })
      .describe('BPF_MAP_CREATE with any attributes'),
    update: z
      .strictObject({
        map,
        key,
        qsize: int(0).optional(),
        program: program.optional(),
        prog_fd: wrap(z.int()).optional(),
        config: config.optional(),
        flags: updateFlags,
        value: wrap(z.string().regex(/^([0-9a-f]{2})+$/i)).optional(),
      })
      .describe('BPF_MAP_UPDATE_ELEM'),
    lookup: z.strictObject({ map, key }).describe('BPF_MAP_LOOKUP_ELEM'),
    delete: z.strictObject({ map, key }).describe('BPF_MAP_DELETE_ELEM'),
    next_key: z.strictObject({ map, key: key.nullable() }).describe('BPF_MAP_GET_NEXT_KEY'),
    close: z.union([z.strictObject({ map }), z.strictObject({ program })]).describe('close a descriptor'),
    load: z
      .strictObject({
        program,
        config: config.optional(),
        name: z.string().regex(NAME).optional(),
        type: z.string().optional(),
        expected_attach: z.string().optional(),
        frags: flag.optional(),
      })
      .describe('load a program without attaching it'),
    attach: z
      .strictObject({
        program,
        config: config.optional(),
        to: port,
        mode,
        maps: z.record(z.string().regex(C_NAME), map).optional(),
      })
      .describe("attach a program to a device; the object's map `cpus` is the scenario's map `cpus`"),
    detach: z.strictObject({ from: port }).describe('take the program off a device'),
    pktgen: z
      .strictObject({
        on: port,
        count,
        size: frameSize,
        cpu,
        flows: int(1).default(1),
        burst: int(1).default(1),
        threads: int(1).optional(),
        mode: wrap(z.enum(['start_xmit', 'netif_receive', 'queue_xmit'])).default('start_xmit'),
        background: flag.default(false),
        commands: z.array(z.string()).default([]),
      })
      .describe("send with the kernel's pktgen, until exactly `count` frames have been taken"),
    send: z
      .strictObject({
        on: port,
        count,
        size: frameSize,
        cpu,
        flows: int(1).default(1),
        background: flag.default(false),
      })
      .describe('send exactly `count` frames from an AF_PACKET socket'),
    live: z
      .strictObject({
        program,
        on: port,
        count,
        batch: wrap(z.int().min(1).max(256)).default(64),
        size: wrap(z.int().min(14).max(3408)).default(64),
        cpu,
      })
      .describe('run a program over live frames, BPF_PROG_RUN with BPF_F_TEST_XDP_LIVE_FRAMES'),
    info: z
      .union([z.strictObject({ map }), z.strictObject({ program })])
      .describe('BPF_OBJ_GET_INFO_BY_FD and fdinfo'),
    kthreads: z.strictObject({ map }).describe("the map's kernel threads: pid, name, CPUs"),
    wait: z.strictObject({ for: int(1) }).describe('wait so many milliseconds'),
    exec: z.strictObject({ argv: z.array(z.string()).min(1) }).describe('run a command in the guest'),
    write: z.strictObject({ path: z.string(), value: wrap(z.union([z.string(), z.number()])) }),
    read: z.strictObject({ path: z.string() }).describe('read a file in the guest'),
  };
}

/** A step as it stands in the file: one key for its kind, and `as` and `when`. */
export function stepSchema(wrap: Wrap, when: z.ZodType<Record<string, string | string[]>>) {
  const kinds = stepKinds(wrap);
  const optional = Object.fromEntries(
    Object.entries(kinds).map(([kind, schema]) => [kind, schema.optional()]),
  ) as unknown as { [K in keyof typeof kinds]: z.ZodOptional<(typeof kinds)[K]> };
  const plain = z.strictObject({
    ...optional,
    as: z
      .string()
      .regex(NAME)
      .optional()
      .describe('keep the result under this name; the step may then fail, and its errno is the result'),
    when: when.optional(),
  });
  const repeat = z.strictObject({ times: wrap(z.int().min(1)), steps: z.array(plain).min(1) });
  return plain.extend({ repeat: repeat.optional().describe('run steps several times over') });
}

type Kinds = ReturnType<typeof stepKinds>;

/** What a kind of step is told, defaults filled in. */
export type StepArgs<K extends StepKind> = z.infer<Kinds[K]>;
export type StepKind = keyof Kinds;

/** Every kind of step but `repeat`. */
export const STEP_KINDS = Object.keys(stepKinds(exactly)) as readonly StepKind[];
