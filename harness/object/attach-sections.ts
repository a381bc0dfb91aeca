import type { FeatureName } from '../kernel/features.ts';
import { ATTACH_KINDS, type AttachKindName, type PlaceKey } from './attach-kinds.ts';

/** What a program's section says about where it is attached. */
export interface SectionPlace {
  /** Where it may be attached, the usual place first. */
  readonly kinds: readonly [AttachKindName, ...AttachKindName[]];
  /** libbpf's name of its attach type; null where there is none, or the place decides. */
  readonly attachType: string | null;
  /** What follows the first slash: a function, a hook; null without. */
  readonly target: string | null;
}

interface Rule {
  readonly section: RegExp;
  readonly kinds: SectionPlace['kinds'];
  readonly attachType?: string | ((match: RegExpExecArray) => string);
}

/** Sections as libbpf knows them (libbpf.c, section_defs); the first rule that matches. */
const RULES: readonly Rule[] = [
  { section: /^xdp(?:\.frags)?\/(?:cpumap|devmap)$/, kinds: ['map-entry'] },
  { section: /^xdp(?:\.frags)?(?:\/.*)?$/, kinds: ['xdp'], attachType: 'xdp' },
  {
    section: /^(?:tc|tcx)\/(ingress|egress)$/,
    kinds: ['tc', 'tcx', 'netkit'],
    attachType: ([, direction]) => `tcx_${direction}`,
  },
  { section: /^(?:tc|classifier|action)(?:\/.*)?$/, kinds: ['tc', 'tcx', 'netkit'] },
  {
    section: /^netkit\/(primary|peer)$/,
    kinds: ['netkit', 'tcx', 'tc'],
    attachType: ([, side]) => `netkit_${side}`,
  },
  { section: /^sockops(?:\/.*)?$/, kinds: ['cgroup'], attachType: 'cgroup_sock_ops' },
  { section: /^lsm_cgroup\/.+$/, kinds: ['cgroup'], attachType: 'lsm_cgroup' },
  {
    section: /^cgroup_skb\/(ingress|egress)$/,
    kinds: ['cgroup'],
    attachType: ([, direction]) => `cgroup_inet_${direction}`,
  },
  { section: /^cgroup\/skb$/, kinds: ['cgroup'], attachType: 'cgroup_inet_ingress' },
  { section: /^cgroup\/dev$/, kinds: ['cgroup'], attachType: 'cgroup_device' },
  { section: /^cgroup\/sock(?:_create)?$/, kinds: ['cgroup'], attachType: 'cgroup_inet_sock_create' },
  { section: /^cgroup\/sock_release$/, kinds: ['cgroup'], attachType: 'cgroup_inet_sock_release' },
  {
    section: /^cgroup\/(sysctl|getsockopt|setsockopt)$/,
    kinds: ['cgroup'],
    attachType: ([, what]) => `cgroup_${what}`,
  },
  {
    section: /^cgroup\/(bind|post_bind|connect|getpeername|getsockname)([46])$/,
    kinds: ['cgroup'],
    attachType: ([, what, family]) => `cgroup_inet${family}_${what}`,
  },
  {
    section: /^cgroup\/(sendmsg|recvmsg)([46])$/,
    kinds: ['cgroup'],
    attachType: ([, what, family]) => `cgroup_udp${family}_${what}`,
  },
  {
    section: /^cgroup\/(\w+)_unix$/,
    kinds: ['cgroup'],
    attachType: ([, what]) => `cgroup_unix_${what}`,
  },
  { section: /^sk_lookup(?:\/.*)?$/, kinds: ['netns'], attachType: 'sk_lookup' },
  { section: /^flow_dissector$/, kinds: ['netns'], attachType: 'flow_dissector' },
  {
    section: /^sk_skb\/(stream_parser|stream_verdict|verdict)$/,
    kinds: ['sockmap'],
    attachType: ([, what]) => `sk_skb_${what}`,
  },
  { section: /^sk_msg(?:\/.*)?$/, kinds: ['sockmap'], attachType: 'sk_msg_verdict' },
  { section: /^freplace(?:\/.*)?$/, kinds: ['freplace'] },
  { section: /^netfilter$/, kinds: ['netfilter'] },
  { section: /^iter(?:\.s)?\/.+$/, kinds: ['iterator'] },
  { section: /^u(?:ret)?probe\.(?:multi|session)(?:\.s)?\/.+$/, kinds: ['uprobe.multi'] },
  { section: /^usdt(?:\.s)?\/.+$/, kinds: ['usdt'] },
  { section: /^u(?:ret)?probe(?:\.s)?\/.+$/, kinds: ['uprobe', 'uprobe-at'] },
  { section: /^(?:uprobe|uretprobe)(?:\.s)?$/, kinds: ['uprobe-at'] },
  { section: /^k(?:ret)?probe\.(?:multi|session)(?:\/.*)?$/, kinds: ['kprobe.multi'] },
  { section: /^(?:k(?:ret)?probe|k(?:ret)?syscall)\/.+$/, kinds: ['kprobe'] },
  { section: /^(?:tracepoint|tp)\/.+$/, kinds: ['tracepoint'] },
  { section: /^(?:raw_tracepoint|raw_tp)(?:\.w)?\/.+$/, kinds: ['raw_tracepoint'] },
  { section: /^(?:tp_btf|fentry|fexit|fmod_ret|fsession)(?:\.s)?\/.+$/, kinds: ['tracing'] },
  { section: /^lsm(?:\.s)?\/.+$/, kinds: ['lsm'] },
  { section: /^perf_event(?:\/.*)?$/, kinds: ['perf_event'] },
  { section: /^lwt_(?:in|out|xmit|seg6local)(?:\/.*)?$/, kinds: ['lwt'] },
  { section: /^struct_ops(?:\.s)?(?:\/.*)?$/, kinds: ['struct_ops'] },
  { section: /^socket\d*(?:\/.*)?$/, kinds: ['socket'] },
  { section: /^sk_reuseport(?:\/.*)?$/, kinds: ['socket'] },
  { section: /^syscall$/, kinds: ['syscall'] },
];

/** What a section says about its programs; null for a section that libbpf does not know. A leading `?` means nothing here. */
export function sectionPlace(section: string): SectionPlace | null {
  const plain = section.replace(/^\?/, '');
  for (const { section: pattern, kinds, attachType } of RULES) {
    const match = pattern.exec(plain);
    if (match === null) continue;
    const slash = plain.indexOf('/');
    return {
      kinds,
      attachType: typeof attachType === 'function' ? attachType(match) : (attachType ?? null),
      target: slash < 0 ? null : plain.slice(slash + 1),
    };
  }
  return null;
}

/** Whether libbpf has to keep a program's object open so that it can attach the program: the section says where, and only libbpf reads that. */
export function needsOpenObject(section: string): boolean {
  const kinds = sectionPlace(section)?.kinds ?? [];
  return kinds.some(kind => ['section', 'uprobe'].includes(ATTACH_KINDS[kind].agent ?? ''));
}

/** What programs of some sections need besides those of their kind: `ATTACH_KINDS`. */
const SECTION_REQUIRES: readonly { readonly section: RegExp; readonly requires: readonly FeatureName[] }[] = [
  // They run in trampolines, which only JIT compilers make. tp_btf programs do not.
  { section: /^(?:fentry|fexit|fmod_ret|fsession)\b/, requires: ['bpf-jit'] },
  { section: /^lsm_cgroup\b/, requires: ['bpf-lsm', 'bpf-jit', 'btf'] },
  { section: /^lwt_seg6local\b/, requires: ['seg6-bpf'] },
];

/** What a kernel must be built with for a program of this section. */
export function sectionRequires(section: string): FeatureName[] {
  const [kind] = sectionPlace(section)?.kinds ?? [];
  const own = SECTION_REQUIRES.filter(rule => rule.section.test(section.replace(/^\?/, '')));
  return [
    ...new Set([
      ...(kind === undefined ? [] : (ATTACH_KINDS[kind].requires ?? [])),
      ...own.flatMap(({ requires }) => requires),
    ]),
  ];
}

/**
 * Why a program cannot be attached where a step says, and where it can be; null when it can. `key` is the step's place; null: it names none, so
 * that the section must.
 */
export function misplaced(program: string, section: string, key: PlaceKey | null): string | null {
  const place = sectionPlace(section);
  if (place === null) return null;
  if (place.kinds.some(kind => ATTACH_KINDS[kind].key === key && ATTACH_KINDS[kind].agent !== null))
    return null;
  // The EXT program's section, or the load, has named its place.
  if (key === null && place.kinds[0] === 'freplace') return null;
  const { program: what, usage, agent } = ATTACH_KINDS[place.kinds[0]];
  const others = place.kinds.slice(1).map(kind => ATTACH_KINDS[kind].usage);
  const where = [usage, ...others].join(' or ');
  return `\`${program}\` is ${what}; ${agent === null ? where : `attach it with ${where}`}`;
}
