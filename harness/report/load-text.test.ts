import t from 'tap';
import { loadCsv } from './load-csv.ts';
import { loadDocument, readLoadReport } from './load-schema.ts';
import { loadCell, loadReport, refused, sized } from './load.fixture.ts';
import { loadText } from './load-text.ts';

const PLAIN = { color: false, columns: 0 };

const MISSING = {
  state: 'unloadable',
  reason: "extern (func ksym) 'bpf_new': not found in kernel or module BTFs",
  figures: null,
} as const;

const REPORT = loadReport([
  loadCell('5.10', 'filter'),
  refused('5.10', 'drop'),
  loadCell('5.10', 'modern', MISSING),
  loadCell('5.10', 'slot', { state: 'skipped', reason: 'its loader names the target', figures: null }),
  sized('6.12', 'filter', 1200),
  refused('6.12', 'drop'),
  loadCell('6.12', 'optional'),
  loadCell('6.12', 'slot', { state: 'skipped', reason: 'its loader names the target', figures: null }),
]);

t.test('the report for people', async t => {
  t.equal(
    loadText(REPORT, PLAIN),
    `program                  5.10                            6.12
fw.bpf.o
  filter (xdp)           1,234                           1,200
  drop (xdp)             ✗ R2 invalid mem access 'inv'   ✗ R2 invalid mem access 'inv'
  modern (xdp)           ✗ extern (func ksym) 'bpf_new…
  slot (freplace/slot0)  – its loader names the target   – its loader names the target
  optional (?tc)                                         1,234

R2 invalid mem access 'inv'
    the kernel refused: bpf(BPF_PROG_LOAD) returned EACCES
    fw.bpf.o drop: both kernels
    at fw.bpf.c:13: return *p;
    | ; return *p;
    | 1: (61) r0 = *(u32 *)(r2 +0)
    | R2 invalid mem access 'inv'

extern (func ksym) 'bpf_new': not found in kernel or module BTFs
    libbpf did not find what is needed
    fw.bpf.o modern: 5.10

its loader names the target
    not loaded
    fw.bpf.o slot: both kernels

5 programs on 2 kernels: 3 loaded, 2 refused, 1 unloadable, 2 skipped · 4.2 s
`,
  );
});

t.test('a narrow terminal cuts reasons, never numbers', async t => {
  const text = loadText(REPORT, { color: false, columns: 60 });
  const table = text.slice(0, text.indexOf('\n\n'));
  t.match(table, /drop \(xdp\) +✗ R2 invalid me…  ✗ R2 invalid me…/);
  t.match(table, /1,234/);
  for (const line of table.split('\n')) t.ok(line.length <= 62, line);
});

t.test('what a guest or an object says moves no cursor and starts no command', async t => {
  const hostile = refused('6.12', '\u001b[2J::error::x', '::error::\u001b[31m\r\nx');
  const text = loadText(loadReport([hostile]), PLAIN);
  for (const control of ['\u001b', '\r']) t.notOk(text.includes(control), 'no control character');
  t.notMatch(text, /^\s*::/m);
});

t.test('objects and kernels that could not be asked', async t => {
  const base = loadReport([loadCell('6.12', 'filter')]);
  const text = loadText(
    {
      ...base,
      kernels: [...base.kernels, { id: '7.3', kernel: null, problem: 'no mirror' }],
      objects: [
        ...base.objects,
        { file_name: 'old.o', path: '/x/old.o', problem: 'map `m` is legacy', programs: [] },
      ],
    },
    PLAIN,
  );
  t.match(text, /^old\.o: map `m` is legacy$/m);
  t.match(text, /^kernel 7\.3: no mirror$/m);
  t.match(text, /\n\n1 program on 2 kernels: 1 loaded · 4\.2 s\n$/);
});

t.test('as veristat prints it', async t => {
  t.equal(
    loadCsv(REPORT, '5.10'),
    `file_name,prog_name,verdict,duration,total_insns,total_states,peak_states,max_states_per_insn,max_mark_read_len,prog_size,prog_size_jited,prog_type,attach_type,stack_depth
fw.bpf.o,filter,success,900,1234,12,10,2,3,400,1900,6,37,16
fw.bpf.o,drop,failure,900,1234,12,10,2,3,400,1900,6,37,16
fw.bpf.o,modern,failure,0,0,0,0,0,0,0,0,0,0,0
`,
  );
  const odd = { ...loadCell('6.12', 'p'), file_name: 'a,b\n.o' };
  t.match(loadCsv(loadReport([odd]), '6.12'), /\na_b_\.o,p,/, 'veristat reads no quotes');
});

t.test('a report is read as it was written, and nothing else is taken for one', async t => {
  const text = JSON.stringify(REPORT);
  t.strictSame(readLoadReport(text, 'x.json'), REPORT);
  t.ok(loadDocument.safeParse({ ...REPORT, later: true }).success, 'a later version may add fields');
  for (const [wrong, message] of [
    ['{', /^x\.json is not JSON/],
    ['[]', /^x\.json is not a report of bpfrig load/],
    [JSON.stringify({ ...REPORT, kind: 'run' }), /not a report of bpfrig load: kind/],
    [JSON.stringify({ ...REPORT, cells: [{ state: 'fine' }] }), /cells\.0/],
    [JSON.stringify({ ...REPORT, schema: 99 }), /schema 99; this bpfrig reads 1/],
  ] as const)
    t.throws(() => readLoadReport(wrong, 'x.json'), { code: 'usage', message });
});
