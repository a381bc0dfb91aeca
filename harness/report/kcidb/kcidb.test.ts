import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import t from 'tap';
import { foldRun } from '../fold.ts';
import { GOLDEN_RUNS, goldenEvents, reportOf } from '../golden.ts';
import { largeRun } from '../large-run.fixture.ts';
import type { RunEvent } from '../../model/events.ts';
import type { CellStatus } from '../status.ts';
import type { KcidbDocument } from './document.ts';
import { createKcidbReporter, toKcidbDocument } from './kcidb.ts';
import { KCIDB_RULES } from './rules.fixture.ts';
import { testPath, testStatus } from './tests.ts';

t.setTimeout(120_000);

const OPTIONS = { origin: 'my_lab', files: 'https://ci.example.org/runs/7' };

function compiled(schema: object): ValidateFunction {
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  addFormats.default(ajv);
  return ajv.compile(schema);
}

/** What the reporter writes for a run, read again. */
function written(events: readonly RunEvent[], files: string | null = OPTIONS.files): KcidbDocument {
  const reporter = createKcidbReporter({ kcidb: { ...OPTIONS, files } });
  return JSON.parse(reportOf(reporter, events)) as KcidbDocument;
}

/** Runs whose documents must be valid: the golden ones, a long console, and strange names. */
const RUNS: readonly (readonly RunEvent[])[] = [
  ...GOLDEN_RUNS.map(goldenEvents),
  largeRun(20, 3),
  goldenEvents('full').map(event =>
    event.type === 'cell-end'
      ? { ...event, result: { ...event.result, consoleTail: Array(120).fill('🐝\u0000é'.repeat(70)) } }
      : event,
  ),
];

function checkAll(test: typeof t, validate: ValidateFunction): void {
  for (const [i, events] of RUNS.entries())
    for (const files of [OPTIONS.files, null])
      test.ok(validate(written(events, files)), `run ${i}: ${JSON.stringify(validate.errors?.[0])}`);
}

t.test('every document follows the rules of KCIDB 5.3', async t => {
  const validate = compiled(KCIDB_RULES);
  checkAll(t as unknown as Parameters<typeof checkAll>[0], validate);
  const document = written(goldenEvents('full'));
  const [first] = document.tests;
  for (const [what, broken] of [
    ['a status of bpfrig', { ...first, status: 'panic' }],
    ['an id without an origin', { ...first, id: 'cell' }],
    ['a path with a slash', { ...first, path: 'bpfrig/cpumap' }],
    ['a property that KCIDB does not have', { ...first, waived: true }],
    ['an address that is none', { ...first, log_url: 'cells/console.log' }],
  ] as const)
    t.notOk(validate({ ...document, tests: [broken] }), what);
});

const published = process.env['BPFRIG_KCIDB_SCHEMA'];
const skip = published === undefined && 'BPFRIG_KCIDB_SCHEMA does not name the schema; see docs/reports.md';

t.test('every document is valid against the published schema', { skip }, async t => {
  const schema = JSON.parse(readFileSync(published ?? '', 'utf8')) as object;
  checkAll(t as unknown as Parameters<typeof checkAll>[0], compiled(schema));
});

t.test('objects belong together, and each id is there once', async t => {
  for (const events of RUNS) {
    const { checkouts, builds, tests, issues, incidents } = written(events);
    for (const objects of [checkouts, builds, tests, issues, incidents]) {
      t.equal(new Set(objects.map(({ id }) => id)).size, objects.length);
      t.ok(objects.every(({ id, origin }) => origin === 'my_lab' && id.startsWith('my_lab:')));
    }
    const has = (objects: readonly { readonly id: string }[], id: string): boolean =>
      objects.some(one => one.id === id);
    t.ok(builds.every(one => has(checkouts, one.checkout_id)));
    t.ok(tests.every(one => has(builds, one.build_id)));
    t.ok(incidents.every(one => has(issues, one.issue_id) && has(tests, one.test_id)));
  }
});

t.test('the golden run: a test for each cell', async t => {
  const { builds, tests, issues, incidents } = written(goldenEvents('full'));
  t.equal(tests.length, 10);
  t.match(
    tests.find(({ misc }) => misc?.['verdict'] === 'fail'),
    {
      id: 'my_lab:20260314-092653-3f9a/cpumap/kthread/entry-drop[nic=virtio,mode=native]@6.12',
      build_id: 'my_lab:linux-image-6.12.74+deb13-amd64/6.12.117-1',
      path: 'bpfrig.cpumap.kthread.entry-drop.nic-virtio_mode-native',
      status: 'FAIL',
      log_url: /^https:\/\/ci\.example\.org\/runs\/7\/cells\/.+\/console\.log$/,
      misc: { expectations: [/ == 8192\)$/] },
    },
  );
  t.match(
    tests.find(({ path }) => path === 'bpfrig.cpumap.redirect.one-cpu.nic-veth_mode-native'),
    { status: 'PASS', start_time: '2026-03-14T09:26:57.000Z', duration: 0.412 },
  );
  const known = tests.find(({ misc }) => misc?.['verdict'] === 'known');
  t.match(known, { status: 'FAIL', misc: { waived: true } });
  t.equal(issues.length, 1);
  t.match(issues[0]?.comment, 'see commit 1234567890ab');
  t.match(incidents, [{ issue_id: issues[0]?.id, test_id: known?.id, present: true }]);
  t.same(
    builds.map(({ status }) => status),
    ['PASS', 'PASS'],
  );
  const cut = written(goldenEvents('cut'));
  t.ok(
    cut.builds.some(({ status }) => status === 'MISS'),
    'a kernel that could not be made ready',
  );
  t.ok(
    cut.tests.some(({ status }) => status === 'MISS'),
    'a cell without a verdict',
  );
});

t.test("KCIDB's word for each status", async t => {
  for (const [status, word] of Object.entries({
    pass: 'PASS',
    fixed: 'PASS',
    known: 'FAIL',
    fail: 'FAIL',
    panic: 'FAIL',
    hang: 'FAIL',
    skip: 'SKIP',
    error: 'ERROR',
    infra: 'MISS',
    unfinished: 'MISS',
  } satisfies Record<CellStatus, string>))
    t.equal(testStatus(status as CellStatus), word, status);
});

t.test('paths have only what KCIDB takes', async t => {
  for (const [scenario, variant, path] of [
    ['cpumap/redirect/one-cpu', {}, 'bpfrig.cpumap.redirect.one-cpu'],
    ['a b/c.d', { x: '1 2' }, 'bpfrig.a_b.c_d.x-1_2'],
    ['../odd/🐝|`x`', {}, 'bpfrig._.odd.x'],
  ] as const)
    t.equal(testPath({ scenario, variant }), path);
});

t.test(
  'two columns of one kernel are one build, and a kernel without a package is one of the run',
  async t => {
    const [start, ...rest] = goldenEvents('one');
    if (start?.type !== 'run-start') throw new Error('the golden run has changed');
    const twice = [start, ...rest].flatMap((event): RunEvent[] => {
      if (event.type !== 'kernel-ready') return [event];
      return [event, { ...event, kernel: { ...event.kernel, id: 'debian:trixie/6.12' } }];
    });
    t.equal(toKcidbDocument(foldRun(twice), OPTIONS).builds.length, 1);
    const own = [start, ...rest].map(event =>
      event.type === 'kernel-ready' ? { ...event, kernel: { ...event.kernel, packages: [] } } : event,
    );
    t.match(toKcidbDocument(foldRun(own), OPTIONS).builds[0]?.id, `my_lab:${start.runId}/`);
  },
);
