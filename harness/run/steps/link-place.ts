import { ATTACH_KINDS, type PlaceKey } from '../../object/attach-kinds.ts';
import { sectionPlace } from '../../object/attach-sections.ts';
import { NETFILTER_HOOKS, placeKey } from '../../scenario/attach-steps.ts';
import type { StepArgs } from '../../scenario/step-schema.ts';
import type { StepContext } from './context.ts';
import { BpfrigError } from '../../util/errors.ts';
import { attachedAs, type LinkPlace } from './attachments.ts';
import { findTarget } from './attach-options.ts';
import { mapOf } from './find-map.ts';

type Args = StepArgs<'attach'>;

/** What turns a key of the step into the agent's arguments; `attachType` is the section's. */
type ToPlace<K extends PlaceKey> = (
  value: NonNullable<Args[K]>,
  context: { readonly ctx: StepContext; readonly args: Args; readonly attachType: string | undefined },
) => LinkPlace | Promise<LinkPlace>;

/** netfilter's numbers of families: include/uapi/linux/netfilter.h. */
const FAMILIES = { ipv4: 2, ipv6: 10 } as const;

const TO_PLACE: { readonly [K in PlaceKey]: ToPlace<K> } = {
  to: (dev, { args }) => ({ kind: 'xdp', dev, mode: args.mode === 'default' ? undefined : args.mode }),
  tc: (value, { attachType }) => {
    const { device, direction, priority } = onDevice(value);
    return { kind: 'tc', dev: device, attach_type: directed(direction, attachType), priority };
  },
  tcx: (value, { ctx, attachType }) => {
    const { device, direction } = onDevice(value);
    const attach_type = directed(direction, attachType);
    return { kind: 'to_device', dev: device, attach_type, ...ordered(ctx, value) };
  },
  netkit: (value, { ctx, attachType }) => {
    const { device, side } = typeof value === 'string' ? { device: value, side: undefined } : value;
    const own = attachType?.startsWith('netkit_') === true ? attachType : 'netkit_primary';
    const attach_type = side === undefined ? own : `netkit_${side}`;
    return { kind: 'to_device', dev: device, attach_type, ...ordered(ctx, value) };
  },
  cgroup: (path, { attachType }) => ({ kind: 'cgroup', path, attach_type: attachType }),
  netns: (value, { attachType }) => ({
    kind: 'netns',
    path: value === true ? undefined : value,
    attach_type: attachType,
  }),
  sockmap: async (map, { ctx, attachType }) => {
    const { handle } = await mapOf(ctx, map);
    return { kind: 'sockmap', map: handle, attach_type: attachType };
  },
  replaces: (text, { ctx }) => {
    const { program, function: name } = findTarget(ctx, text);
    return { kind: 'freplace', target: program.handle, function: name };
  },
  netfilter: ({ family, hook, priority }) => ({
    kind: 'netfilter',
    family: FAMILIES[family],
    hook: NETFILTER_HOOKS.indexOf(hook),
    priority,
  }),
  iterator: path => ({ kind: 'iterator', path }),
  uprobe: ({ path, function: name }) => ({ kind: 'uprobe', path, function: name }),
  perf_event: ({ frequency }) => ({ kind: 'perf_event', frequency }),
  route: (_, { ctx }) => ({ kind: 'pin', path: `/sys/fs/bpf/route-${ctx.links.made}` }),
  struct_ops: async (map, { ctx }) => {
    return { kind: 'struct_ops', map: (await mapOf(ctx, map)).handle };
  },
};

/** The agent's arguments for where a step attaches a program of this section (null: a map). */
export async function linkPlace(ctx: StepContext, args: Args, section: string | null): Promise<LinkPlace> {
  const place = section === null ? null : sectionPlace(section);
  const key = placeKey(args);
  if (key === null) return { kind: sectionKind(place?.kinds[0]) };
  // The table's type says that key and value belong together; TypeScript cannot follow that through a union.
  const toPlace = TO_PLACE[key] as ToPlace<PlaceKey>;
  const value = args[key];
  if (value === undefined) return { kind: 'section' };
  return toPlace(value, { ctx, args, attachType: place?.attachType ?? undefined });
}

/** Without a place in the step: an EXT program's is that which it was loaded for, and libbpf reads the others from the section. */
function sectionKind(name: keyof typeof ATTACH_KINDS | undefined): LinkPlace['kind'] {
  return name === 'freplace' ? 'freplace' : 'section';
}

interface OnDevice {
  readonly device: string;
  readonly direction?: 'ingress' | 'egress' | undefined;
  readonly priority?: number | undefined;
}

function onDevice(value: string | OnDevice): OnDevice {
  return typeof value === 'string' ? { device: value } : value;
}

interface Ordered {
  readonly before?: string | true | undefined;
  readonly after?: string | undefined;
}

/** Before or after what; nothing for the kernel's own order. Throws `scenario` when nothing is attached under that name. */
function ordered(ctx: StepContext, value: string | Ordered): Pick<LinkPlace, 'order' | 'relative'> {
  if (typeof value === 'string') return {};
  const { before, after } = value;
  if (before === true) return { order: 'before' };
  const name = before ?? after;
  if (name === undefined) return {};
  const { agent } = attachedAs(ctx, name);
  if (agent === null)
    throw new BpfrigError('scenario', `\`${name}\` is attached by netlink: it is in no order`);
  return { order: before === undefined ? 'after' : 'before', relative: agent };
}

function directed(direction: OnDevice['direction'], attachType: string | undefined): string {
  if (direction !== undefined) return `tcx_${direction}`;
  return attachType === 'tcx_egress' ? attachType : 'tcx_ingress';
}

/** `ip route` with a pinned program: `lwt_out` of the section is its `out`. */
export function routeCommands(
  { to, device }: NonNullable<Args['route']>,
  section: string,
  path: string,
): { readonly add: readonly string[]; readonly remove: readonly string[] } {
  const hook = /^\??lwt_(\w+)/.exec(section)?.[1] ?? 'out';
  const encap =
    hook === 'seg6local'
      ? ['encap', 'seg6local', 'action', 'End.BPF', 'endpoint', 'pinned', path]
      : ['encap', 'bpf', hook, 'pinned', path];
  return {
    add: ['ip', 'route', 'add', to, ...encap, 'dev', device],
    remove: ['ip', 'route', 'del', to, 'dev', device],
  };
}
