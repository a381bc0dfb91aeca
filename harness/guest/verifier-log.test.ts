import t from 'tap';
import { libbpfReason, refusalOf, sourceLineOf, verifierFigures, withoutFigures } from './verifier-log.ts';

/** Of two functions, before and since every function has a line. */
const STATS_6_12 = `verification time 153 usec
stack depth 32+0+16
processed 24 insns (limit 1000000) max_states_per_insn 1 total_states 2 peak_states 3 mark_read 4
`;

const STATS_7_3 = `invalid bpf_context access off=100 size=4
; return inner(ctx) + *(volatile __u32 *)((void *)ctx + 100); @ sub.bpf.c:4
verification time 24685 usec
stack depth max 16
subprog 0 (bad) main insns_self 2 insns_total 2 stack 0
subprog 1 (glob) global insns_self 3 insns_total 9 stack 16
subprog 2 (inner) static insns_self 6 insns_total 6 stack 8
processed 11 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 0
`;

const REFUSED = `0: R1=ctx() R10=fp0
; int drop(struct xdp_md *ctx) @ fw.bpf.c:11
0: (b7) r2 = 0                        ; R2_w=0
; return *(int *)0 + x @ y; @ fw.bpf.c:13
1: (61) r0 = *(u32 *)(r2 +0)
R2 invalid mem access 'scalar'
verification time 60 usec
stack depth 0
processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;

t.test('figures of a log', async t => {
  t.strictSame(verifierFigures(STATS_6_12), {
    durationUs: 153,
    insns: 24,
    maxStatesPerInsn: 1,
    totalStates: 2,
    peakStates: 3,
    markRead: 4,
    stackDepth: 48,
  });
  t.match(verifierFigures(STATS_7_3), { durationUs: 24_685, insns: 11, stackDepth: 24 });
  const none = Object.values(verifierFigures('processed many insns'));
  t.strictSame(new Set(none), new Set([null]), 'what is not there is null, not 0');
  t.equal(verifierFigures(`processed ${'9'.repeat(30)} insns`).insns, null, 'a number that is not exact');
});

t.test('a refusal is the last line that is no figure', async t => {
  for (const [log, reason] of [
    [REFUSED, "R2 invalid mem access 'scalar'"],
    [`R2 invalid mem access 'inv'\n${STATS_6_12}`, "R2 invalid mem access 'inv'"],
    [`back-edge from insn 3 to 2\n`, 'back-edge from insn 3 to 2'],
    [`invalid access\nFunc#1 ('f') is global and assumed valid. Skipping.\n${STATS_6_12}`, 'invalid access'],
    [STATS_7_3, 'invalid bpf_context access off=100 size=4'],
    ['0: (95) exit\n', '0: (95) exit'],
    // 7.3 explains it afterwards.
    [
      'R1 min value is outside of the allowed memory range\n\nVerification failed: Memory Safety: Access outside bounds\n\nSuggestion:\n  Add or adjust a bounds check.\n\nprocessed 2 insns',
      'R1 min value is outside of the allowed memory range',
    ],
    [STATS_6_12, null],
    ['', null],
  ] as const)
    t.equal(refusalOf(log), reason);
  t.equal(withoutFigures(REFUSED).at(-1), "R2 invalid mem access 'scalar'");
});

t.test('the source at which the verifier stopped', async t => {
  t.strictSame(sourceLineOf(REFUSED), { text: 'return *(int *)0 + x @ y;', place: 'fw.bpf.c:13' });
  t.strictSame(sourceLineOf('; return a @ b;\n1: (95) exit'), { text: 'return a @ b;', place: null });
  t.equal(sourceLineOf('1: (95) exit'), null);
});

t.test("libbpf's reason, not what follows from it", async t => {
  for (const [printed, reason] of [
    [
      "libbpf: extern (func ksym) 'bpf_none': not found in kernel or module BTFs\nlibbpf: failed to load object 'bpfrig'\n",
      "extern (func ksym) 'bpf_none': not found in kernel or module BTFs",
    ],
    [
      "libbpf: prog 'f': failed to find kernel BTF type ID of 'no_such': -3\nlibbpf: prog 'f': failed to prepare load attributes: -3\nlibbpf: prog 'f': failed to load: -3\nlibbpf: failed to load object 'bpfrig'\n",
      "prog 'f': failed to find kernel BTF type ID of 'no_such': -3",
    ],
    ["libbpf: failed to load object 'bpfrig'\n", "failed to load object 'bpfrig'"],
    ['', null],
    [
      "libbpf: kernel BTF is missing at '/sys/kernel/btf/vmlinux', was CONFIG_DEBUG_INFO_BTF enabled?\nlibbpf: failed to find valid kernel BTF\nlibbpf: Error loading vmlinux BTF: -ESRCH\nlibbpf: failed to load object 'bpfrig'\n",
      "kernel BTF is missing at '/sys/kernel/btf/vmlinux', was CONFIG_DEBUG_INFO_BTF enabled?",
    ],
  ] as const)
    t.equal(libbpfReason(printed), reason);
});
