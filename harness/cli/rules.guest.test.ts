import { join } from 'node:path';
import t from 'tap';
import { startRun, TESTDATA } from './bpfrig.fixture.ts';

// What is wrong although every expectation holds, and what a kernel does wrong before the steps stumble over it.

// Guests have time limits of their own.
t.setTimeout(0);

const RULES = join(TESTDATA, 'rules');

/** What the reason of each scenario in folder `red` says. */
const RED: Readonly<Record<string, RegExp>> = {
  'abort-claim':
    /^ledger: stage entry lost 1000 of 1000 packets \(entry\.aborted\), which no expectation names$/,
  accepted:
    /^bad_flags\.errno == "EINVAL"   \("OK" == "EINVAL"; map in line 6\); .*there is already a map 'none'$/,
  'exit-status[reads=nothing]':
    /^line 6: exec: `busybox ls \/nowhere` ended with status 1, not 0: ls: \/nowhere/,
  'exit-status[reads=output]':
    /^line 7: exec \(as `listed`\): ended with status 1, not 0, and no expectation reads that$/,
  'lower-bound': /^ledger: stage xdp lost 20 of 2000 packets \(xdp\.drop\), which no expectation names$/,
  'no-thread': /^line 7: sched: entry 3 of map `cpus` has no kernel thread \(its threads: cpumap\/2\/map:/,
  'not-gone': /^line 7: gone: the kernel has not freed it after 100 ms$/,
  'nothing-redirected':
    /^no packet of 1000 was redirected, although `redirect_to_cpu` uses `cpus`, and no expectation says that$/,
  refused: /^made\.errno == "OK"   \("EINVAL" == "OK"; map in line 6\); .*no map `odd`/,
  'short-send': /line 10: pktgen sent 0 of 1000 packets, and no expectation says how many/,
  'value-absent': /^threads\.cpu\["3"\]\.pid > 0   \(threads\.cpu has no `3`; kthreads in line 7\)$/,
  'with-as-on-other-kernels':
    /^line 8: attach \(as `at`\): the kernel refused bpf\(BPF_PROG_LOAD\): EACCES, and no expectation reads that$/,
};

t.test('what no expectation asks for, and what a kernel does otherwise than a step says, fails', async t => {
  for (const series of ['7.3', '5.10']) {
    const args = [join(RULES, 'red'), '--kernel', series, '--jobs', '1'];
    const run = await startRun(args, join(t.testdir(), 'run')).done;
    t.equal(run.exitCode, 1);
    t.equal(run.results.length, Object.keys(RED).length);
    for (const { cell, verdict, reason } of run.results) {
      const name = cell.id.replace(/^.*\/(.*)@.*$/, '$1');
      t.equal(verdict, 'fail', `${name} on ${series}`);
      t.match(reason, RED[name] ?? /^$/, `${name} on ${series}`);
    }
  }
});

t.test('a command may fail where the scenario says so', async t => {
  const args = [join(RULES, 'green'), '--kernel', '7.3', '--jobs', '1'];
  const run = await startRun(args, join(t.testdir(), 'run')).done;
  t.match(run, { exitCode: 0, results: [{ verdict: 'pass' }] });
});

t.test('a known defect does not excuse what else is wrong', async t => {
  const args = [join(RULES, 'masked'), '--kernel', '6.12', '--jobs', '1'];
  const run = await startRun(args, join(t.testdir(), 'run')).done;
  t.equal(run.exitCode, 1);
  t.match(run.results, [
    {
      verdict: 'fail',
      // The one more is the ledger's identity.
      reason:
        /not as the known entry in line 24: it does not name what failed as well: `stack\.cpu\["2"\] == stack\.delivered`, `stack\.mangled == 0`, `stack\.seq\.duplicates == 0` and 1 more$/,
    },
  ]);
});

t.test('a CPU that was let go too early says nothing about the kernel', async t => {
  const args = [join(RULES, 'void'), '--kernel', '6.12', '--jobs', '1'];
  const run = await startRun(args, join(t.testdir(), 'run')).done;
  t.equal(run.exitCode, 3);
  t.match(run.results, [
    {
      verdict: 'error',
      reason:
        /^line 16: release: CPU 1 at bq_flush_to_queue went on by itself after \d+ ms, before `release`/,
    },
    {
      verdict: 'error',
      reason:
        /^hold: CPU 1 at bq_flush_to_queue went on by itself .*; line 15: kthreads: map `cpus` has 1 thread/,
    },
  ]);
});

t.test('what observers miss on PREEMPT_RT is completed, or is the harness’s', async t => {
  const args = [join(RULES, 'rt'), '--kernel', 'debian:trixie-backports/7.3/rt', '--jobs', '1'];
  const run = await startRun(args, join(t.testdir(), 'run')).done;
  const [result] = run.results;
  if (result?.verdict === 'infra') {
    t.comment(`not tested, the kernel cannot be fetched: ${result.reason}`);
    return;
  }
  // Some runs lose events, others do not.
  t.match(result, { verdict: /^(pass|error)$/ });
  if (result?.verdict === 'error') t.match(result.reason, /observers lost|observers missed/);
});
