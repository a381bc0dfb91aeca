import { join } from 'node:path';
import t from 'tap';
import { PACKAGE_ROOT } from '../util/paths.ts';
import { startRun } from './bpfrig.fixture.ts';

// Guests have time limits of their own.
t.setTimeout(0);

t.test('the scenarios from which the documents take their examples hold', async t => {
  const out = join(t.testdir(), 'run');
  const run = await startRun([join(PACKAGE_ROOT, 'docs', 'examples'), '--kernel', '7.3'], out).done;
  if (run.exitCode !== 0) t.comment(run.stdout);
  t.equal(run.exitCode, 0);
  t.ok(run.results.length > 0 && run.results.every(({ verdict }) => verdict === 'pass'));
});
