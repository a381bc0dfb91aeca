import { z } from 'zod';
import { BOUNDS } from './bounds.ts';
import { attachKinds, REPLACES } from './attach-steps.ts';
import { guestKinds } from './guest-steps.ts';
import { packetKinds } from './packet-steps.ts';
import { C_NAME, exactly, NAME, words } from './step-words.ts';
import type { Wrap } from './step-words.ts';
import { trafficKinds } from './traffic-steps.ts';
import { xskKinds } from './xsk-steps.ts';

/** Schemas of all kinds of steps, one key a kind. What each one does stands in its description. */
export function stepKinds(wrap: Wrap) {
  return {
    ...mapKinds(wrap),
    ...programKinds(wrap),
    ...trafficKinds(wrap),
    ...packetKinds(wrap),
    ...xskKinds(wrap),
    ...guestKinds(wrap),
  };
}

function mapKinds(wrap: Wrap) {
  const { int, times, flag, program, config, maps, map, key, typed, counted, device, caps } = words(wrap);
  const updateFlags = wrap(z.union([z.enum(['any', 'noexist', 'exist']), z.int().min(0)]))
    .default('any')
    .describe('BPF_ANY, BPF_NOEXIST, BPF_EXIST, or any number');
  const value = {
    value: typed
      .optional()
      .describe('by the type that the object declares, of a per-CPU map one for all CPUs or a list; or hex'),
    device: device.optional().describe("its ifindex is the value: a devmap's entry"),
    value_map: map.optional().describe('its descriptor is the value: an entry of a map of maps'),
  };
  /** A member of `union bpf_attr`, as it stands. */
  const attribute = (member: string) => int(0).optional().describe(`\`${member}\` of BPF_MAP_CREATE`);
  const entry = z.strictObject({
    qsize: int(0).describe('slots of its ring'),
    program: program.optional(),
    config: config.optional(),
    maps: maps.optional(),
    counted,
  });

  return {
    cpumap: z
      .strictObject({
        name: map,
        max_entries: int(0).nullable().optional().describe('CPUs that can have an entry'),
        value_size: attribute('value_size'),
        flags: attribute('map_flags'),
        numa_node: attribute('numa_node'),
        entries: z
          .record(z.string().regex(/^\$?\w+$/), entry)
          .default({})
          .describe('by CPU'),
      })
      .describe(
        'create a cpumap and its entries. Where an object of the scenario declares the map, what is not stated is as declared; elsewhere value_size is 8, and max_entries, as with null, the number of possible CPUs',
      ),
    map: z
      .strictObject({
        name: map,
        type: wrap(z.union([z.string(), z.int().min(0)]))
          .optional()
          .describe('BPF_MAP_TYPE_* in lower case without the prefix, such as `lru_hash`, or its number'),
        key_size: attribute('key_size'),
        value_size: attribute('value_size'),
        max_entries: attribute('max_entries'),
        flags: attribute('map_flags'),
        numa_node: attribute('numa_node'),
        btf: flag.optional().describe('with a BTF of two integers as the types of key and value'),
        inner: map.optional().describe('the map whose shape the inner maps of a map of maps have'),
        caps,
      })
      .describe(
        'BPF_MAP_CREATE with any attributes; type, sizes and flags may be left out for a map that an object of the scenario declares',
      ),
    fill: z
      .strictObject({
        map,
        entries: z
          .array(
            z.strictObject({
              key,
              ...value,
              program: program
                .optional()
                .describe(
                  'its descriptor is the value: an entry of a prog_array; or the program of a device',
                ),
              config: config.optional(),
              maps: maps.optional(),
            }),
          )
          .min(1)
          .describe('one update each, in this order'),
        flags: updateFlags,
      })
      .describe(
        'BPF_MAP_UPDATE_ELEM of several entries, keys and values by the types that the object declares: `count`',
      ),
    update: z
      .strictObject({
        map,
        key,
        qsize: int(0).optional().describe("slots of the ring of a cpumap's entry"),
        program: program.optional(),
        prog_fd: wrap(z.int()).optional().describe('this number where the descriptor of a program belongs'),
        prog_map: map.optional().describe("this map's descriptor where a program's belongs"),
        at_fd_0: flag.default(false).describe('the program has descriptor 0 meanwhile'),
        config: config.optional(),
        maps: maps.optional(),
        counted,
        times: times.optional().describe('do it so many times in a row'),
        other_qsize: int(0).optional().describe('the qsize of every second time'),
        flags: updateFlags,
        ...value,
        socket: wrap(
          z.union([
            z.enum(['tcp', 'udp']),
            z.strictObject({ xdp: device, queue: int(0, 0xffff).default(0).describe('of the device') }),
            z.strictObject({ xsk: z.string().describe('the name of a socket that step `xsk` has opened') }),
          ]),
        )
          .optional()
          .describe(
            'a socket is the value: an entry of a sockmap (`tcp`: an end of a new connection on 127.0.0.1, `udp`: a new socket bound there) or of an xskmap (`{ xdp: rx, queue: 0 }`: a new one, `{ xsk: NAME }`: that of a step `xsk`). A new one stays open until the cell ends',
          ),
        caps,
      })
      .describe('BPF_MAP_UPDATE_ELEM'),
    lookup: z.strictObject({ map, key, caps }).describe('BPF_MAP_LOOKUP_ELEM'),
    delete: z.strictObject({ map, key }).describe('BPF_MAP_DELETE_ELEM'),
    lookup_and_delete: z.strictObject({ map, key }).describe('BPF_MAP_LOOKUP_AND_DELETE_ELEM'),
    map_batch: z
      .strictObject({
        map,
        what: wrap(z.enum(['lookup', 'lookup_and_delete', 'update', 'delete'])).describe('the command'),
        count: int(1, 1024).default(1).describe('entries that are asked for'),
      })
      .describe('BPF_MAP_*_BATCH'),
    next_key: z
      .strictObject({ map, key: key.nullable().describe('the key before; null: the first') })
      .describe('BPF_MAP_GET_NEXT_KEY'),
    close: z.union([z.strictObject({ map }), z.strictObject({ program })]).describe('close a descriptor'),
  };
}

function programKinds(wrap: Wrap) {
  const { int, flag, program, config, maps, port } = words(wrap);

  return {
    load: z
      .union([
        z.strictObject({
          object: z.string().describe('the name of an object of the scenario'),
          globals: config
            .optional()
            .describe('values of its global variables by their types, set before it is loaded'),
          maps: maps.optional().describe("maps of the scenario instead of the object's"),
          sizes: z
            .record(z.string().regex(C_NAME), int(1))
            .optional()
            .describe('max_entries of its maps, where it is to be other than declared'),
          programs: z
            .array(wrap(z.string().regex(C_NAME)))
            .min(1)
            .optional()
            .describe('only these of its programs; default: all but those of sections with a `?`'),
        }),
        z.strictObject({
          program,
          config: config.optional(),
          maps: maps.optional(),
          name: z
            .string()
            .regex(NAME)
            .optional()
            .describe('its name for later steps; that of the program without it'),
          type: z
            .string()
            .optional()
            .describe(
              'another type than that of its section; `ext` takes its place in the program that it extends at once',
            ),
          replaces: wrap(z.string().regex(REPLACES))
            .optional()
            .describe('the function that a program of type EXT replaces, PROGRAM.FUNCTION'),
          expected_attach: z
            .string()
            .optional()
            .describe(
              'BPF_* of `enum bpf_attach_type` in lower case without the prefix, such as `xdp_cpumap`',
            ),
          frags: flag.optional().describe('BPF_F_XDP_HAS_FRAGS'),
          dev_bound: port.optional().describe('bind it to a device, BPF_F_XDP_DEV_BOUND_ONLY'),
        }),
      ])
      .describe('load a program without attaching it, or a whole object as its own loader would'),
    ...attachKinds(wrap),
  };
}

/** A step as it stands in the file: one key for its kind, and `as`, `background` and `when`. */
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
    background: wrap(z.boolean())
      .optional()
      .describe('go on while this is done; the traffic is over when all such steps have ended'),
    when: when.optional(),
  });
  const repeat = z.strictObject({ times: words(wrap).times, steps: z.array(plain).min(1) });
  const interleave = z.strictObject({
    of: z
      .array(z.array(plain).min(1))
      .min(2)
      .max(BOUNDS.sequences)
      .describe('sequences of steps: a, b and so on'),
    orders: z
      .union([z.literal('all'), z.int().min(1).max(BOUNDS.variants)])
      .default('all')
      .describe('all of them, or so many'),
    seed: z.int().min(0).default(1).describe('which ones these are'),
  });
  return plain.extend({
    repeat: repeat.optional().describe('run steps several times over'),
    interleave: interleave
      .optional()
      .describe(
        'run sequences of steps in every order that keeps that of each: axis `order`, such as `abba`, has a variant for each',
      ),
  });
}

type Kinds = ReturnType<typeof stepKinds>;

/** The arguments of a kind of step, defaults filled in. */
export type StepArgs<K extends StepKind> = z.infer<Kinds[K]>;

/** The arguments of a kind of step, as a scenario writes them. */
export type StepInput<K extends StepKind> = z.input<Kinds[K]>;

/** The name of a kind of step, as scenarios write it. */
export type StepKind = keyof Kinds;

/** Every kind of step but `repeat`. */
export const STEP_KINDS = Object.keys(stepKinds(exactly)) as readonly StepKind[];
