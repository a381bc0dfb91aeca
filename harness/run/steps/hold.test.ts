import t from 'tap';
import { scenarioOf } from '../../oracle/made-up.fixture.ts';
import type { Step } from '../../scenario/scenario.ts';
import type { Hold, HoldPoints } from '../../vm/hold-points.ts';
import type { HoldPlace } from '../../vm/hold-stage.ts';
import { ProgramIndex } from '../programs.ts';
import { guestLimits } from '../../guest/running-guest.ts';
import { LIMIT_MS } from '../../scenario/hold-steps.ts';
import { limitOf } from './cell-hold.ts';
import { StepContext, StepFailure, type StepGuest } from './context.ts';
import { hasRunnable, HoldLapsed, settleHolds, withLapses } from './hold.ts';
import { runSteps } from './run-steps.ts';

const FUNCTIONS = [
  'bq_flush_to_queue ffffffff81000100 ffffffff810003a0',
  'rt_spin_lock ffffffff81001000 -',
  'twice ffffffff81000700 ffffffff81000800',
  'twice ffffffff81000900 ffffffff81000a00',
  '? bq_enqueue.isra.0',
];

/** A hold in the hands of a test. */
class MadeUpHold implements Hold {
  state: Hold['state'] = 'armed';
  hits = 0;
  readonly reached: Promise<void>;
  reach: () => void = () => undefined;

  constructor() {
    this.reached = new Promise(resolve => {
      this.reach = () => {
        this.hits = 1;
        this.state = 'held';
        resolve();
      };
    });
  }

  async end(): Promise<void> {
    this.state = 'over';
  }
}

/** A guest with four CPUs whose holds are made up, and what was armed. */
function guestWith(files: Readonly<Record<string, string>> = {}) {
  const armed: HoldPlace[] = [];
  const holds: MadeUpHold[] = [];
  const points = {
    arm: async (place: HoldPlace) => {
      armed.push(place);
      const hold = new MadeUpHold();
      holds.push(hold);
      return hold;
    },
  } as unknown as HoldPoints;
  const guest = {
    hello: { cpus_online: [0, 1, 2, 3] },
    holdPoints: async () => points,
    call: async (op: string, { path }: { readonly path: string }) => {
      if (op === 'exec') return { status: 0, stdout: FUNCTIONS.join('\n'), stderr: '' };
      if (op !== 'read_file') return {};
      const data = files[path];
      if (data === undefined) throw new Error(path);
      return { data };
    },
  } as unknown as StepGuest;
  return { ctx: new StepContext(guest, new ProgramIndex([]), 'veth'), armed, holds };
}

function stepsOf(...steps: string[]): readonly Step[] {
  const [variant] = scenarioOf(`
title: t
source: s
setup:
${steps.map(step => `  - ${step}`).join('\n')}
expect: [sent == 0]
`).variants;
  if (variant === undefined) throw new Error('no variant');
  return variant.setup;
}

const HOLD = 'hold: { name: cut, at: bq_flush_to_queue, cpu: 1 }';

t.test('a place is what /proc/kallsyms says', async t => {
  const { ctx, armed } = guestWith();
  await runSteps(ctx, stepsOf('hold: { name: a, at: bq_flush_to_queue+0x1c, cpu: 1, hit: 3 }'));
  await runSteps(
    ctx,
    stepsOf('hold: { name: b, at: rt_spin_lock, called_from: bq_flush_to_queue, cpu: 2, return: true }'),
  );
  t.same(armed, [
    { cpu: 1, at: 0xffffffff8100011cn, caller: null, afterReturn: false, hit: 3 },
    {
      cpu: 2,
      at: 0xffffffff81001000n,
      caller: { start: 0xffffffff81000100n, end: 0xffffffff810003a0n },
      afterReturn: true,
      hit: 1,
    },
  ]);
});

t.test('places that cannot be', async t => {
  const rows: [string, RegExp][] = [
    ['{ name: a, at: none, cpu: 1 }', /line 5: hold: at: \/proc\/kallsyms has no function `none`/],
    ['{ name: a, at: bq_enqueue, cpu: 1 }', /but `bq_enqueue.isra.0`: name that one/],
    ['{ name: a, at: twice, cpu: 1 }', /has 2 functions `twice`/],
    [
      '{ name: a, at: bq_flush_to_queue, called_from: rt_spin_lock, cpu: 1 }',
      /called_from: where `rt_spin_lock` ends/,
    ],
    ['{ name: a, at: rt_spin_lock, cpu: 0 }', /CPU 0 takes the interrupts of the agent's port/],
  ];
  for (const [text, message] of rows)
    await t.rejects(runSteps(guestWith().ctx, stepsOf(`hold: ${text}`)), { code: 'scenario', message });
  t.throws(() => stepsOf('held: none', HOLD), { message: /no step `hold` has `name: none`/ });
  t.throws(() => stepsOf('hold: { name: a, at: f+0x10, return: true, cpu: 1 }'), {
    message: /`return` is for/,
  });
});

t.test('it is waited for, and released', async t => {
  const { ctx, holds } = guestWith();
  await runSteps(ctx, stepsOf(HOLD));
  setTimeout(() => holds[0]?.reach(), 20);
  await runSteps(ctx, stepsOf(HOLD, 'held: cut', 'release: { hold: cut }').slice(1));
  t.equal(holds[0]?.state, 'over');
  await settleHolds(ctx, async () => undefined);
});

t.test('one that is never reached fails the cell, wherever that is noticed', async t => {
  const steps = stepsOf(HOLD, 'held: { hold: cut, within: 1 }', 'release: { hold: cut }');
  const never = { name: StepFailure.name, message: /CPU 1 at bq_flush_to_queue was never reached/ };
  for (const index of [1, 2]) {
    const { ctx } = guestWith();
    await runSteps(ctx, steps.slice(0, 1));
    await t.rejects(runSteps(ctx, steps.slice(index, index + 1)), never);
  }
  const { ctx, holds } = guestWith();
  await runSteps(ctx, steps.slice(0, 1));
  await t.rejects(
    settleHolds(ctx, async () => undefined),
    never,
  );
  t.equal(holds[0]?.state, 'over');
});

t.test(
  'a CPU that is still held goes on at the end of the traffic, and others are waited for then',
  async t => {
    const { ctx, holds } = guestWith();
    await runSteps(ctx, stepsOf(HOLD));
    holds[0]?.reach();
    let then: string | undefined;
    await settleHolds(ctx, async () => void (then = holds[0]?.state));
    t.equal(then, 'over');
  },
);

/** A guest in which CPU 1 went on by the limit of its hold `cut`, and the steps that follow. */
async function lapsed(...more: string[]) {
  const made = guestWith();
  const [arm, ...rest] = stepsOf('hold: { name: cut, at: rt_spin_lock, cpu: 1, limit: 1 }', ...more);
  await runSteps(made.ctx, arm === undefined ? [] : [arm]);
  made.holds[0]?.reach();
  while (made.holds[0]?.state !== 'over') await new Promise(resolve => setTimeout(resolve, 1));
  return { ...made, rest };
}

t.test('a CPU that was let go by the limit is no evidence against the kernel', async t => {
  const itself = {
    name: HoldLapsed.name,
    code: 'scenario',
    message: /CPU 1 at rt_spin_lock went on by itself/,
  };
  const released = await lapsed('release: { hold: cut }');
  await t.rejects(runSteps(released.ctx, released.rest), {
    ...itself,
    message: /^line 6: release: CPU 1 at rt_spin_lock went on by itself/,
  });

  const ended = await lapsed(HOLD.replace('cut', 'other').replace('cpu: 1', 'cpu: 2'));
  await runSteps(ended.ctx, ended.rest);
  await t.rejects(
    settleHolds(ended.ctx, async () => undefined),
    { ...itself, message: /went on by itself .*; hold: CPU 2 at bq_flush_to_queue was never reached/ },
    'not even that of a place which is not reached then',
  );
});

t.test('what a step waits for in vain after such a CPU went on is no evidence either', async t => {
  const { ctx } = await lapsed();
  const failure = new StepFailure('line 9: kthreads: map `cpus` has 2 threads', null);
  t.match(withLapses(failure, ctx.holds), {
    name: HoldLapsed.name,
    message: /^hold: CPU 1 at rt_spin_lock went on by itself .*; line 9: kthreads: map `cpus` has 2 threads$/,
  });
  const other = new Error('the guest is gone');
  t.equal(withLapses(other, ctx.holds), other);

  const held = guestWith();
  await runSteps(held.ctx, stepsOf(HOLD));
  held.holds[0]?.reach();
  t.equal(withLapses(failure, held.ctx.holds), failure, 'the CPU is still held');
});

t.test('a busy host lets a CPU be held for longer, but never until its kernel reports a stall', async t => {
  t.equal(limitOf(4000, 1), 4000);
  t.equal(limitOf(4000, 3), 12_000);
  t.equal(limitOf(10_000, 3), 15_000);
  for (const pressure of [1, 2, 3])
    t.ok(
      limitOf(LIMIT_MS.most, pressure) < guestLimits(1).heartbeatMs * pressure,
      'before its guest is given up',
    );
});

/** Of 6.18 with PREEMPT_RT and of 5.10, in part. */
const DEBUG = `
cpu#0, 2394.374 MHz
  .nr_running                    : 1

runnable tasks:
 S            task   PID       vruntime   eligible    deadline             slice          sum-exec      switches  prio         wait-time
-------------------------------------------------------------------------------------------------------------
 S        rcuc/0    21         0.000000   E           0.000000           3.000000         0.148200        39    98         0.000000
>R  bpfrig-agent   148      1040.123456   E        1043.123456           3.000000        12.345678      1234   120         0.000000

cpu#1, 2394.374 MHz
  .nr_running                    : 2

runnable tasks:
 S            task   PID       vruntime   eligible    deadline             slice          sum-exec      switches  prio         wait-time
-------------------------------------------------------------------------------------------------------------
>R  bpfrig-agent   150      1040.123456   E        1043.123456           3.000000        12.345678         4   120         0.000000
 R  bpfrig-agent   151         0.000000   E           0.000000           3.000000         0.148200         2    49         0.000000
 S  bpfrig-agent   152         0.000000   E           0.000000           3.000000         0.148200         2    39         0.000000

cpu#12, 2394.374 MHz
 S            task   PID         tree-key  switches  prio     wait-time             sum-exec        sum-sleep
 R  bpfrig-agent   161        10.000000        12    89         0.000000         1.230000         0.000000 0 0 /
`;

t.test('a task that waits for its turn', async t => {
  t.ok(hasRunnable(DEBUG, 1, 50));
  t.notOk(hasRunnable(DEBUG, 0, 50), 'on another CPU');
  t.notOk(hasRunnable(DEBUG, 0, 1), 'one that sleeps');
  t.notOk(hasRunnable(DEBUG, 1, 60), 'another one that sleeps');
  t.ok(hasRunnable(DEBUG, 12, 10), 'of an old kernel');
  t.notOk(hasRunnable(DEBUG, 2, 10), 'a CPU that is not there');
  const { ctx } = guestWith({ '/proc/sched_debug': DEBUG });
  await runSteps(ctx, stepsOf('runnable: { cpu: 1, priority: 50 }'));
  await t.rejects(runSteps(ctx, stepsOf('runnable: { cpu: 1, priority: 51, within: 1 }')), {
    message: /runnable: CPU 1 has no task of priority 51 after 1 ms/,
  });
  await t.rejects(runSteps(guestWith().ctx, stepsOf('runnable: { cpu: 2, priority: 1 }')), {
    code: 'scenario',
    message: /CONFIG_SCHED_DEBUG/,
  });
});
