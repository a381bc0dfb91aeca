import t from 'tap';
import { GOLDEN_RUNS, goldenEvents, matchGolden, reportOf } from './golden.ts';
import { createReporter, isReporterName, REPORTERS, type ReporterName } from './registry.ts';

const PLAIN = {
  color: false,
  tty: false,
  columns: 0,
  groups: false,
  kcidb: { origin: 'example', files: null },
};
const names = Object.keys(REPORTERS) as ReporterName[];

t.test('the output of every reporter for every golden run is equal to its golden file', async t => {
  for (const run of GOLDEN_RUNS) {
    for (const name of names) {
      const text = withoutPageParts(reportOf(createReporter(name, PLAIN), goldenEvents(run)));
      matchGolden(t, `testdata/${run}/${REPORTERS[name].file}`, text);
    }
  }
});

// The page's style sheet and script are separate files; golden files do not repeat them.
function withoutPageParts(text: string): string {
  return text.replace(/(<style>|<script type="module">).*?(?=<\/(style|script)>)/gs, '$1');
}

t.test('colour, a narrow terminal, and a live board', async t => {
  const text = reportOf(
    createReporter('terminal', { color: true, tty: true, columns: 60, groups: false }),
    goldenEvents('full'),
  );
  matchGolden(t, 'testdata/full/report-colour.txt', text);
});

t.test("a CI's log: one line per finished group, and each red cell immediately", async t => {
  const options = { ...PLAIN, groups: true };
  matchGolden(
    t,
    'testdata/full/report-ci.txt',
    reportOf(createReporter('terminal', options), goldenEvents('full')),
  );
});

t.test('no reporter writes anything twice', async t => {
  for (const name of names) {
    const reporter = createReporter(name, PLAIN);
    for (const event of goldenEvents('full')) reporter.onEvent(event);
    t.equal(reporter.close(), '', name);
  }
});

t.test('text of a guest cannot move the cursor, colour the terminal or send GitHub a command', async t => {
  for (const name of names.filter(name => !['json', 'jsonl'].includes(name))) {
    const text = reportOf(createReporter(name, PLAIN), goldenEvents('full'));
    // oxlint-disable-next-line no-control-regex -- control characters are what this test looks for
    t.notMatch(text, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/, name);
    if (!['github', 'junit', 'html'].includes(name)) t.notMatch(text, /^\s*::error/m, name);
  }
});

t.test('names of reporters', async t => {
  t.ok(isReporterName('tap'));
  t.notOk(isReporterName('toString'));
});
