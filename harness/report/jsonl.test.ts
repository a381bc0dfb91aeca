import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { goldenEvents, reportOf } from './golden.ts';
import { createJsonlReporter, readEvents } from './jsonl.ts';

t.test('events are the same after they were written and read', async t => {
  const events = goldenEvents('full');
  t.same(readEvents(reportOf(createJsonlReporter(), events)), { events, truncated: false });
});

t.test('a killed run leaves an incomplete last line; the other lines are read', async t => {
  const path = join(import.meta.dirname, '../../harness/report/testdata/events-cut.jsonl');
  const read = readEvents(readFileSync(path, 'utf8'));
  t.equal(read.truncated, true);
  t.equal(read.events.length, 6);
});

t.test('a broken line anywhere else is an error that names it', async t => {
  t.throws(() => readEvents('{"at"\n'), { code: 'usage', message: /^line 1 is not JSON: / });
  t.throws(() => readEvents('\n{"at":"2026-03-14T09:26:53.000Z","type":"cell-start"}\n'), {
    code: 'usage',
    message: /^line 2 is not an event of a run: cell: /,
  });
});
