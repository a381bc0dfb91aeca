import { appendFileSync, cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import type { CellResult } from '../model/cell.ts';
import { startRun, TESTDATA } from './bpfrig.fixture.ts';

// Guests have time limits of their own.
t.setTimeout(0);

const OBJECTS = join(TESTDATA, 'objects');
const BOTH = ['--kernel', '5.10', '--kernel', '7.3'];

/** Runs scenarios and returns their results. */
async function resultsOf(t: Test, args: readonly string[]): Promise<readonly CellResult[]> {
  const run = await startRun(args, join(t.testdir(), 'run')).done;
  if (run.results.length === 0) t.comment(run.stderr);
  return run.results;
}

function summary({ cell, verdict, reason }: CellResult): string {
  return `${cell.id}: ${verdict} ${reason}`;
}

// Maps in a header as in xdp-project/xdp-cpumap-tc, src/shared_maps.h; spellings as in OISF/suricata, ebpf/xdp_lb.c; libc headers as
// in xdp-project/xdp-tutorial, packet-solutions/; vmlinux.h and shared maps as in xdp-project/xdp-tools, xdp-bench.
t.test('programs and maps as people write them: all pass on the oldest and the newest kernel', async t => {
  const names = ['steer', 'spellings', 'libc', 'maps'];
  const paths = names.map(name => join(OBJECTS, `${name}.yaml`));
  const results = await resultsOf(t, [...paths, ...BOTH]);
  t.equal(results.length, 2 * (1 + 5 + 1 + 1));
  for (const result of results) t.equal(result.verdict, 'pass', summary(result));
});

// loxilb-io/loxilb#661: more entries than any kernel of a distribution has CPUs.
t.test(
  'a map that the kernel refuses as it is declared is red, and the call that failed is named',
  async t => {
    const results = await resultsOf(t, [join(OBJECTS, 'big.yaml'), ...BOTH]);
    t.equal(results.length, 2);
    for (const result of results) {
      t.match(
        result,
        { verdict: 'fail', reason: /bpf\(BPF_MAP_CREATE\): E2BIG \(.*cpu_map/ },
        summary(result),
      );
    }
  },
);

t.test('a map that no program uses is named where the cell fails', async t => {
  const [result] = await resultsOf(t, [join(OBJECTS, 'unbound.yaml'), '--kernel', '7.3']);
  t.match(result, { verdict: 'fail', detail: /map `cpu_mop` is used by no program that was loaded/ });
});

t.test('an edit of a header changes the verdict, and so does its undoing', async t => {
  const dir = t.testdir();
  const folder = join(dir, 'header-edit');
  cpSync(join(OBJECTS, 'header-edit'), folder, { recursive: true });
  const verdictWith = async (cpu: number): Promise<string | undefined> => {
    writeFileSync(join(folder, 'target.h'), `#define TARGET_CPU ${cpu}\n`);
    const args = [join(folder, 'aim.yaml'), '--kernel', '7.3'];
    const run = await startRun(args, join(dir, `run-${cpu}-${Date.now()}`)).done;
    return run.results[0]?.verdict;
  };
  t.equal(await verdictWith(1), 'pass');
  t.equal(await verdictWith(2), 'fail');
  appendFileSync(join(folder, 'aim.bpf.c'), '/* touched */\n');
  t.equal(await verdictWith(2), 'fail');
  t.equal(await verdictWith(1), 'pass');
});
