import t from 'tap';
import type { OpAnswer } from '../../guest/protocol.ts';
import { judgeLoad, lostProgram, skippedType, unopened } from './judge-load.ts';
import { logFile } from './log-file.ts';

const STATS = `verification time 53 usec
stack depth 8
processed 4 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 1
`;

const LOADED: OpAnswer<'verify'> = {
  failure: null,
  insns: 4,
  type: 6,
  attach_type: 37,
  verified_insns: 4,
  xlated_bytes: 32,
  jited_bytes: 21,
  stats: STATS,
  log: '',
  printed: '',
};

const REFUSAL = {
  kind: 'kernel',
  errno: 'EACCES',
  code: 13,
  where: 'bpf(BPF_PROG_LOAD)',
  message: "loading program 'p'",
  log: null,
} as const;

t.test('a program that was loaded', async t => {
  t.match(judgeLoad(LOADED), {
    state: 'loaded',
    reason: '',
    figures: {
      verified_insns: 4,
      total_insns: 4,
      peak_states: 1,
      stack_depth: 8,
      prog_size_jited: 21,
      xlated_bytes: 32,
    },
  });
  const old = judgeLoad({ ...LOADED, verified_insns: 0, jited_bytes: 0 });
  t.match(
    old.figures,
    { verified_insns: null, total_insns: 4, prog_size_jited: null },
    'not reported is not 0',
  );
});

t.test('a program that the verifier refused', async t => {
  const stats = `R2 invalid mem access 'inv'\n${STATS}`;
  const log = `; return *p;\n1: (61) r0 = *(u32 *)(r2 +0)\nR2 invalid mem access 'inv'\n${STATS}`;
  t.match(judgeLoad({ ...LOADED, failure: REFUSAL, stats, log, type: 0, verified_insns: 0 }), {
    state: 'refused',
    reason: "R2 invalid mem access 'inv'",
    call: 'bpf(BPF_PROG_LOAD)',
    errno: 'EACCES',
    source: 'return *p;',
    place: null,
    lines: ['; return *p;', '1: (61) r0 = *(u32 *)(r2 +0)', "R2 invalid mem access 'inv'"],
    figures: { total_insns: 4 },
  });
  const cut = judgeLoad({ ...LOADED, failure: REFUSAL, stats, log: '0: (b7) r0 = 0\n1: (b7) r0 = 0\n' });
  t.strictSame(cut.lines, ["R2 invalid mem access 'inv'"], 'a log that was cut at its end says nothing');
});

t.test('a system call that failed without a word of the verifier', async t => {
  const failure = {
    ...REFUSAL,
    errno: 'ENOMEM',
    where: 'bpf(BPF_MAP_CREATE)',
    message: "creating map 'm' of program 'p'",
  };
  t.match(judgeLoad({ ...LOADED, failure, stats: '' }), {
    state: 'refused',
    reason: "bpf(BPF_MAP_CREATE) returned ENOMEM: creating map 'm' of program 'p'",
    figures: null,
  });
});

t.test('what libbpf does not find is not the kernel that refuses', async t => {
  const failure = {
    ...REFUSAL,
    kind: 'agent',
    errno: null,
    code: 0,
    where: 'bpf_object__load',
    message: 'libbpf cannot',
  } as const;
  const printed = "libbpf: extern (func ksym) 'f': not found\nlibbpf: failed to load object 'bpfrig'\n";
  t.match(judgeLoad({ ...LOADED, failure, stats: '', printed }), {
    state: 'unloadable',
    reason: "extern (func ksym) 'f': not found",
    call: null,
  });
  t.match(judgeLoad({ ...LOADED, failure, stats: '' }), { state: 'unloadable', reason: 'libbpf cannot' });
  t.match(unopened('libbpf cannot open it', null), { state: 'unloadable', reason: 'libbpf cannot open it' });
});

t.test('programs without an answer', async t => {
  t.match(skippedType('ext'), { state: 'skipped', reason: /target/ });
  t.match(skippedType('unspec'), { state: 'skipped', reason: /no program type/ });
  t.equal(skippedType('xdp'), null);
  const lines = Array.from({ length: 100 }, (_, n) => `line ${n}`);
  t.match(lostProgram('crashed', 'the kernel panicked', lines), { state: 'crashed', lines: { length: 24 } });
  const cell = { ...lostProgram('lost', '', []), kernel: 'path:./x', file_name: '../a/b.o', prog_name: '..' };
  t.equal(logFile(cell), 'path_._x/.._a_b.o/_.log', 'the name of a log does not leave its folder');
});
