import { z } from 'zod';
import { PLACE_KEYS, type PlaceKey } from '../object/attach-kinds.ts';
import { C_NAME, NAME, words, type Wrap } from './step-words.ts';

/** A function of a program: `dispatch.slot0`, `fw.dispatch.slot0`. */
export const REPLACES = /^[A-Za-z_][\w.]*\.[A-Za-z_]\w*$/;

/** IFNAMSIZ less the final zero. */
const DEVICE = /^[^\s/$][^\s/]{0,14}$/;

/** Steps `attach` and `detach`: what is attached, and one place. */
export function attachKinds(wrap: Wrap) {
  const { flag, program, config, maps, device: anyDevice, mode, counted, map, int } = words(wrap);
  const expected = program.optional();
  const device = wrap(z.string().regex(DEVICE)).describe(
    'a device of the guest: rx, tx, lo, or one that was made',
  );
  const priority = wrap(z.int().min(-0x8000_0000).max(0x7fff_ffff));
  const path = wrap(z.string().regex(/^\/[^\0]*$/));
  const direction = wrap(z.enum(['ingress', 'egress']))
    .optional()
    .describe('that of the section, or ingress, without it');

  const order = {
    before: z
      .union([z.literal(true), z.string().regex(C_NAME)])
      .optional()
      .describe(
        'what it runs before: the `name` of an earlier step `attach`, else its program; true: everything',
      ),
    after: z.string().regex(C_NAME).optional().describe('what it runs after, by the same names'),
  };
  const oneOrder = (place: { before?: unknown; after?: unknown }) =>
    place.before === undefined || place.after === undefined;
  const ONE_ORDER = 'a program is either `before` or `after` another';

  const places = {
    to: anyDevice.describe('XDP: the device'),
    tc: z
      .union([
        device,
        z.strictObject({
          device,
          direction,
          priority: int(1, 0xffff).optional().describe('`pref` of tc(8)'),
        }),
      ])
      .describe('clsact of a device. bpfrig counts packets with priority 1, before it; the default is 10'),
    tcx: z
      .union([device, z.strictObject({ device, direction, ...order }).refine(oneOrder, ONE_ORDER)])
      .describe('tcx of a device, after the programs that are there'),
    netkit: z
      .union([
        device,
        z
          .strictObject({
            device,
            side: wrap(z.enum(['primary', 'peer']))
              .optional()
              .describe('which of the two devices'),
            ...order,
          })
          .refine(oneOrder, ONE_ORDER),
      ])
      .describe('a netkit device: its primary side, where the section does not say otherwise'),
    cgroup: path.describe(
      'a cgroup of version 2, such as /clients, which is made if it does not exist; / is the root',
    ),
    netns: z
      .union([z.literal(true), path])
      .describe('the network namespace of the agent, or that of a file such as /run/netns/NAME'),
    sockmap: map.describe('a SOCKMAP or SOCKHASH'),
    replaces: wrap(z.string().regex(REPLACES)).describe(
      'the function that an EXT program replaces, PROGRAM.FUNCTION',
    ),
    netfilter: z
      .strictObject({
        family: wrap(z.enum(['ipv4', 'ipv6']))
          .default('ipv4')
          .describe('NFPROTO_*'),
        hook: wrap(z.enum(NETFILTER_HOOKS)).describe('NF_INET_*'),
        priority: priority.default(10).describe('lower ones run first'),
      })
      .describe('a hook of netfilter'),
    iterator: path.describe('a file in /sys/fs/bpf, which runs the iterator when it is read'),
    uprobe: z
      .strictObject({
        path: wrap(z.string().regex(/^(?:\/[^\0]*|[^/\0]+)$/)).describe(
          'the program or library in the guest: its path, or a name such as libc.so.6, which libbpf looks for in the folders of the architecture',
        ),
        function: wrap(z.string().min(1).max(255)).describe('a symbol of it'),
      })
      .describe('a function of a program or library in the guest'),
    perf_event: z
      .strictObject({ frequency: int(1, 10_000).default(99).describe('per second and CPU') })
      .describe('the CPU clock of each CPU'),
    route: z
      .strictObject({
        to: wrap(z.string().regex(/^[0-9a-f.:]+(?:\/\d{1,3})?$/i)).describe('an address or a network'),
        device,
      })
      .describe('a route whose packets pass the program of a lightweight tunnel'),
    struct_ops: map.describe(
      'a map of type STRUCT_OPS of an object that was loaded as a whole; without `program`',
    ),
  } satisfies Record<PlaceKey, z.ZodType>;

  return {
    attach: z
      .strictObject({
        program: program.optional(),
        config: config.optional(),
        maps: maps.optional(),
        ...optional(places),
        mode: wrap(z.enum(['native', 'generic', 'default']))
          .optional()
          .describe('of XDP: never another mode than this one; default: without a flag, the kernel chooses'),
        link: z
          .union([flag, z.string().regex(NAME)])
          .optional()
          .describe(
            'of XDP: by a link, not by netlink; a name: BPF_LINK_UPDATE of the link that a step `attach` made under it',
          ),
        flags: wrap(z.union([z.array(z.enum(XDP_FLAG_WORDS)).min(1), z.int().min(1).max(0xffff_ffff)]))
          .optional()
          .describe(
            'of XDP: XDP_FLAGS_* in lower case without the prefix, besides that of the mode; or any number',
          ),
        expected: expected.describe(
          'of XDP: the program that is there now, else the kernel refuses: XDP_FLAGS_REPLACE of netlink, BPF_F_REPLACE of a link’s update',
        ),
        name: z.string().regex(NAME).optional().describe('for `detach`; the program without it'),
        counted,
      })
      .superRefine((args, context) => {
        const text = attachProblem(args);
        if (text !== null) context.addIssue({ code: 'custom', message: text });
      })
      .describe('attach a program where its type belongs; docs/attach.md has all places'),
    detach: z
      .union([
        z.strictObject({
          from: anyDevice,
          mode: mode
            .optional()
            .describe(
              'by netlink in this mode, whatever is attached there; without it: what steps have attached',
            ),
          expected: expected.describe('the program that is there now, else the kernel refuses'),
        }),
        z.strictObject({ program }),
        z.strictObject({ name: z.string().regex(NAME).describe('of a step `attach`') }),
      ])
      .describe(
        'undo `attach`: the XDP program of a device, whatever a program is attached to, or what was attached under a name',
      ),
  };
}

/** Flags of netlink's IFLA_XDP_FLAGS by name: include/uapi/linux/if_link.h. */
export const XDP_FLAGS = {
  update_if_noexist: 1,
  skb_mode: 2,
  drv_mode: 4,
  hw_mode: 8,
  replace: 16,
} as const;
type XdpFlag = keyof typeof XDP_FLAGS;
const XDP_FLAG_WORDS = Object.keys(XDP_FLAGS) as [XdpFlag, ...XdpFlag[]];

/** The hooks in the order of the kernel's numbers: include/uapi/linux/netfilter.h. */
export const NETFILTER_HOOKS = ['prerouting', 'local_in', 'forward', 'local_out', 'postrouting'] as const;

function optional<T extends Record<string, z.ZodType>>(shape: T) {
  return Object.fromEntries(
    Object.entries(shape).map(([key, schema]) => [key, schema.optional()]),
  ) as unknown as { [K in keyof T]: z.ZodOptional<T[K]> };
}

/** Arguments of a step `attach`, as far as they say where. */
type Places = { readonly [K in PlaceKey | 'program' | (typeof OF_XDP)[number]]?: unknown };

/** What only XDP has, next to `to`. */
const OF_XDP = ['mode', 'link', 'flags', 'expected'] as const;

/** The key that names a step's place; null when it has none, so that the program's section must. */
export function placeKey(args: Places): PlaceKey | null {
  return PLACE_KEYS.find(key => args[key] !== undefined) ?? null;
}

function attachProblem(args: Places): string | null {
  const keys = PLACE_KEYS.filter(key => args[key] !== undefined);
  if (keys.length > 1) return `a program is attached at one place; this step has ${keys.join(' and ')}`;
  const [key] = keys;
  if (key === 'struct_ops')
    return args.program === undefined ? null : '`struct_ops` attaches a map: leave out `program`';
  if (args.program === undefined) return '`program` is missing: what is to be attached';
  if (key === 'to') return xdpProblem(args);
  const stray = OF_XDP.find(one => args[one] !== undefined);
  return stray === undefined ? null : `\`${stray}\` is for XDP programs, next to \`to\``;
}

function xdpProblem({ mode, link = false, flags, expected }: Places): string | null {
  if (mode === undefined) return '`mode` is missing: native, generic or default';
  if (link !== false && mode === 'default') return 'a link has a mode: native or generic';
  if (link === true && expected !== undefined)
    return '`expected` is for netlink, and for the update of a link: `link: NAME`';
  if (typeof link === 'string' && flags !== undefined) return 'the update of a link takes no `flags`';
  return null;
}

/** The device that a step needs: that of XDP, and `rx` and `tx` for the other places, which may also be on a device that a command made. */
export function deviceOfAttach({ to, tc, tcx, route }: AttachDevices): string | undefined {
  const [named] = [to, tc, tcx, route].flatMap(place =>
    place === undefined ? [] : [typeof place === 'string' ? place : place.device],
  );
  return to !== undefined || named === 'rx' || named === 'tx' ? named : undefined;
}

type OnDevice = string | { readonly device: string } | undefined;

interface AttachDevices {
  readonly to?: OnDevice;
  readonly tc?: OnDevice;
  readonly tcx?: OnDevice;
  readonly route?: OnDevice;
}
