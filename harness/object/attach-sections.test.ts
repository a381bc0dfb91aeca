import t from 'tap';
import { AGENT_KINDS, ATTACH_KINDS, PLACE_KEYS, type AttachKindName, type PlaceKey } from './attach-kinds.ts';
import { misplaced, needsOpenObject, sectionPlace } from './attach-sections.ts';

t.test('sections, where their programs are attached, and as what', async t => {
  const cases: readonly (readonly [string, AttachKindName, string | null])[] = [
    ['xdp', 'xdp', 'xdp'],
    ['?xdp', 'xdp', 'xdp'],
    ['xdp.frags', 'xdp', 'xdp'],
    ['xdp/cpumap', 'map-entry', null],
    ['tc', 'tc', null],
    ['classifier/one', 'tc', null],
    ['tc/egress', 'tc', 'tcx_egress'],
    ['tcx/ingress', 'tc', 'tcx_ingress'],
    ['netkit/peer', 'netkit', 'netkit_peer'],
    ['cgroup_skb/egress', 'cgroup', 'cgroup_inet_egress'],
    ['cgroup/sock', 'cgroup', 'cgroup_inet_sock_create'],
    ['cgroup/post_bind6', 'cgroup', 'cgroup_inet6_post_bind'],
    ['cgroup/connect4', 'cgroup', 'cgroup_inet4_connect'],
    ['cgroup/connect_unix', 'cgroup', 'cgroup_unix_connect'],
    ['cgroup/sendmsg4', 'cgroup', 'cgroup_udp4_sendmsg'],
    ['cgroup/getsockopt', 'cgroup', 'cgroup_getsockopt'],
    ['cgroup/sysctl', 'cgroup', 'cgroup_sysctl'],
    ['cgroup/dev', 'cgroup', 'cgroup_device'],
    ['sockops', 'cgroup', 'cgroup_sock_ops'],
    ['lsm_cgroup/socket_post_create', 'cgroup', 'lsm_cgroup'],
    ['sk_lookup/echo', 'netns', 'sk_lookup'],
    ['flow_dissector', 'netns', 'flow_dissector'],
    ['sk_msg', 'sockmap', 'sk_msg_verdict'],
    ['sk_skb/stream_verdict', 'sockmap', 'sk_skb_stream_verdict'],
    ['freplace/slot0', 'freplace', null],
    ['netfilter', 'netfilter', null],
    ['iter/tcp', 'iterator', null],
    ['uprobe//bin/sh:main', 'uprobe', null],
    ['uprobe', 'uprobe-at', null],
    ['uretprobe.s//bin/sh:main', 'uprobe', null],
    ['uprobe.multi//bin/sh:m*', 'uprobe.multi', null],
    ['uretprobe.multi.s//bin/sh:m*', 'uprobe.multi', null],
    ['uprobe.session//bin/sh:m*', 'uprobe.multi', null],
    ['usdt//bin/sh:shell:line', 'usdt', null],
    ['usdt.s//bin/sh:shell:line', 'usdt', null],
    ['kprobe/tcp_connect', 'kprobe', null],
    ['kretsyscall/openat', 'kprobe', null],
    ['kprobe.multi/tcp_*', 'kprobe.multi', null],
    ['tp/sched/sched_switch', 'tracepoint', null],
    ['raw_tp/xdp_exception', 'raw_tracepoint', null],
    ['tp_btf/xdp_exception', 'tracing', null],
    ['fmod_ret.s/security_file_open', 'tracing', null],
    ['lsm.s/file_open', 'lsm', null],
    ['perf_event', 'perf_event', null],
    ['lwt_seg6local', 'lwt', null],
    ['struct_ops.s/init', 'struct_ops', null],
    ['socket1', 'socket', null],
    ['sk_reuseport/migrate', 'socket', null],
    ['syscall', 'syscall', null],
  ];
  for (const [section, kind, attachType] of cases) {
    const place = sectionPlace(section);
    t.same([place?.kinds[0], place?.attachType], [kind, attachType], section);
  }
  for (const section of ['', 'xdp_prog', 'maps', 'kprobe', '.text'])
    t.equal(sectionPlace(section), null, section);
  t.equal(sectionPlace('kprobe/tcp_connect')?.target, 'tcp_connect');
});

t.test('a program in the wrong place gets the right one', async t => {
  const cases: readonly (readonly [string, PlaceKey | null, string])[] = [
    ['xdp', 'tc', '`p` is an XDP program; attach it with `to: rx` and a `mode`'],
    ['xdp', null, '`p` is an XDP program; attach it with `to: rx` and a `mode`'],
    ['xdp/cpumap', 'to', '`p` is a program of a map’s entry; step `cpumap` or `update` with `program`'],
    ['tc', 'to', '`p` is a tc program; attach it with `tc: rx` or `tcx: rx` or `netkit: nk0`'],
    ['tcx/egress', 'cgroup', '`p` is a tc program; attach it with `tc: rx`'],
    ['netkit/primary', 'to', '`p` is a netkit program; attach it with `netkit: nk0`'],
    ['cgroup/connect4', 'to', '`p` is a cgroup program; attach it with `cgroup: /NAME`'],
    ['sockops', 'sockmap', '`p` is a cgroup program; attach it with `cgroup: /NAME`'],
    ['sk_msg', 'cgroup', '`p` is a sockmap program; attach it with `sockmap: MAP`'],
    ['sk_skb/verdict', 'to', '`p` is a sockmap program; attach it with `sockmap: MAP`'],
    ['sk_lookup', 'to', '`p` is a program of a network namespace; attach it with `netns: true`'],
    ['flow_dissector', 'tc', '`p` is a program of a network namespace; attach it with `netns: true`'],
    ['freplace/slot0', 'to', '`p` is an EXT program; attach it with `replaces: PROGRAM.FUNCTION`'],
    ['netfilter', 'tc', '`p` is a netfilter program; attach it with `netfilter: '],
    ['iter/tcp', null, '`p` is an iterator; attach it with `iterator: /sys/fs/bpf/NAME`'],
    ['uprobe', null, '`p` is a uprobe program; attach it with `uprobe: '],
    ['uprobe//bin/sh:main', 'to', '`p` is a uprobe program; attach it with its section alone'],
    ['uprobe.multi//bin/sh:m*', 'uprobe', '`p` is a uprobe.multi program; attach it with its section alone'],
    ['usdt//bin/sh:shell:line', 'uprobe', '`p` is a USDT program; attach it with its section alone'],
    ['lsm_cgroup/socket_bind', null, '`p` is a cgroup program; attach it with `cgroup: /NAME`'],
    ['kprobe/tcp_connect', 'to', '`p` is a kprobe program; attach it with its section alone'],
    ['kprobe.multi/tcp_*', 'to', '`p` is a kprobe.multi program; attach it with its section alone'],
    ['tp/sched/sched_switch', 'to', '`p` is a tracepoint program; attach it with its section alone'],
    ['raw_tp/xdp_exception', 'tc', '`p` is a raw tracepoint program; attach it with its section alone'],
    ['fentry/tcp_connect', 'to', '`p` is a tracing program; attach it with its section alone'],
    ['lsm/file_open', 'cgroup', '`p` is an LSM program; attach it with its section alone'],
    ['perf_event', null, '`p` is a perf_event program; attach it with `perf_event: '],
    ['lwt_out', 'to', '`p` is a lightweight tunnel’s program; attach it with `route: '],
    ['lwt_seg6local', 'tc', '`p` is a lightweight tunnel’s program; attach it with `route: '],
    ['struct_ops/init', 'to', '`p` is a function of a struct_ops map; attach it with `struct_ops: MAP`'],
    ['socket', 'to', '`p` is a socket’s program; setsockopt(SO_ATTACH_BPF)'],
    ['syscall', null, '`p` is a syscall program; step `test_run`'],
  ];
  for (const [section, key, text] of cases) {
    const seen = misplaced('p', section, key) ?? '';
    t.ok(seen.startsWith(text), `${section} with ${key}: ${seen}`);
  }
  // Every kind is in the table above.
  const tried = new Set(cases.flatMap(([section]) => sectionPlace(section)?.kinds ?? []));
  for (const kind of Object.keys(ATTACH_KINDS)) t.ok(tried.has(kind as AttachKindName), kind);
});

t.test('a program in its place, and one of which nothing is known, gets no message', async t => {
  const cases: readonly (readonly [string, PlaceKey | null])[] = [
    ['xdp', 'to'],
    ['tc', 'tc'],
    ['tc', 'tcx'],
    ['tcx/ingress', 'netkit'],
    ['kprobe/x', null],
    ['freplace/slot0', null],
    ['freplace', 'replaces'],
    ['uprobe//bin/sh:main', 'uprobe'],
    ['uprobe//bin/sh:main', null],
    ['my_section', 'to'],
  ];
  for (const [section, key] of cases) t.equal(misplaced('p', section, key), null, `${section} ${key}`);
});

t.test(
  'rows of the table name kinds of the agent and keys of the step, and each of those has a row',
  async t => {
    const rows = Object.values(ATTACH_KINDS);
    for (const kind of AGENT_KINDS)
      t.ok(
        rows.some(({ agent }) => agent === kind),
        kind,
      );
    for (const key of PLACE_KEYS) t.equal(rows.filter(row => row.key === key).length, 1, key);
    t.ok(needsOpenObject('kprobe/x') && needsOpenObject('uprobe'));
    t.notOk(needsOpenObject('xdp') || needsOpenObject('freplace/slot0') || needsOpenObject('my_section'));
  },
);
