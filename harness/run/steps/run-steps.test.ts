import t from 'tap';
import { AgentError } from '../../guest/agent-error.ts';
import type { CallOptions } from '../../guest/protocol.ts';
import { scenarioOf } from '../../oracle/made-up.fixture.ts';
import type { ResolvedVariant } from '../../scenario/scenario.ts';
import { ProgramIndex } from '../programs.ts';
import { StepContext, StepFailure, type StepGuest } from './context.ts';
import { runSteps } from './run-steps.ts';
import { kernelMs } from './traffic.ts';

/** A request that was made: its op, its options and its arguments. */
type Made = { readonly op: string; readonly bg?: boolean | undefined } & Readonly<Record<string, unknown>>;

/** Answers of an agent, by op; every request is kept, but for what the classifier at tc ingress learns of a source. */
function agent(answers: Record<string, () => unknown> = {}) {
  const requests: Made[] = [];
  const guest = {
    hello: { cpus_possible: [0, 1, 2, 3] },
    call: async (op: string, args: object, options?: CallOptions) => {
      if (op !== 'stack_source') requests.push({ op, bg: options?.background, ...args });
      return (await answers[op]?.()) ?? {};
    },
  } as unknown as StepGuest;
  return { guest, requests };
}

/** `reads`: an expectation that reads the results of the steps. */
function variantOf(traffic: string, reads = 'sent == 1'): ResolvedVariant {
  const [variant] = scenarioOf(`
title: t
source: s
topology: veth
traffic:
${traffic}
expect: ['sent == 1', ${JSON.stringify(reads)}]
`).variants;
  if (variant === undefined) throw new Error('no variant');
  return variant;
}

function contextOf(guest: StepGuest, topology: 'veth' | 'virtio' = 'veth'): StepContext {
  return new StepContext(guest, new ProgramIndex([]), topology);
}

t.test('a command has more time where the kernel is slow, up to what the agent takes', async t => {
  const limits = async (slowness: number | undefined): Promise<unknown[]> => {
    const { guest, requests } = agent({
      exec_start: () => ({ stdout: '', stderr: '', over: true, running: 1, status: 0, late: false }),
    });
    const { traffic } = variantOf(`
  - exec: { argv: [ip, link] }
  - exec: { argv: [ip, link], timeout: 10 min }
`);
    await runSteps(contextOf({ ...guest, ...(slowness !== undefined && { slowness }) }), traffic);
    return requests.filter(({ op }) => op === 'exec_start').map(({ timeout_ms: limit }) => limit);
  };
  t.same(await limits(undefined), [10_000, 600_000]);
  t.same(await limits(12), [120_000, 3_600_000]);
});

t.test('the next step begins while one in the background goes on, and join waits for it', async t => {
  let finish = (): void => undefined;
  const sending = new Promise<void>(resolve => (finish = resolve));
  const { guest, requests } = agent({
    send: async () => {
      await sending;
      return { sent: 5, errors: 0 };
    },
  });
  const ctx = contextOf(guest);
  const { traffic } = variantOf(
    `
  - { send: { on: tx, count: 5 }, as: sent_it, background: true }
  - { pending: true, as: meanwhile }
  - write: { path: /x, value: 1 }
`,
    'sent_it.sent == 5 && meanwhile.count == 1',
  );
  await runSteps(ctx, traffic);
  t.same(ctx.results['meanwhile'], { errno: 'OK', count: 1 });
  t.same(ctx.results['sent_it'], undefined);
  t.match(
    new Set(requests.map(({ op, bg }) => `${op} ${bg}`)),
    new Set(['send true', 'write_file undefined']),
  );
  const { traffic: waits } = variantOf('\n  - { pending: { within: 20 }, as: late }\n', 'late.count == 1');
  await runSteps(ctx, waits);
  t.same(ctx.results['late'], { errno: 'OK', count: 1 }, 'the time is up');
  const waiting = variantOf('\n  - { pending: { within: 60000 }, as: over }\n', 'over.count == 0');
  const over = runSteps(ctx, waiting.traffic);
  finish();
  await over;
  t.same(ctx.results['over'], { errno: 'OK', count: 0 }, 'as soon as it has ended');
  await ctx.join();
  t.match(ctx.results['sent_it'], { errno: 'OK', sent: 5 });
  t.match(ctx.sources, [{ source: 'packet', requested: 5, sent: 5 }]);
});

t.test(
  'what is refused in the background is thrown by join, or is the result of a step with `as`',
  async t => {
    const refuse = () => {
      throw new AgentError('hog', {
        kind: 'kernel',
        errno: 'EPERM',
        code: 1,
        where: 'pthread_create',
        message: 'no',
        log: null,
      });
    };
    const ctx = contextOf(agent({ hog: refuse }).guest);
    const { traffic } = variantOf(
      `
  - { stall: { cpu: 1 }, as: refused, background: true }
  - { stall: { cpu: 1 }, background: true }
`,
      'refused.errno == "EPERM"',
    );
    await runSteps(ctx, traffic);
    await t.rejects(ctx.join(), StepFailure);
    const error: unknown = await ctx.join().catch((reason: unknown) => reason);
    t.match(error, { refusal: { errno: 'EPERM', where: 'pthread_create' } });
    t.match(ctx.results['refused'], { errno: 'EPERM', where: 'pthread_create' });
  },
);

t.test('a refusal without `as` says what the verifier said last, and keeps its log', async t => {
  const log = '0: (b7) r2 = 0\nR2 !read_ok\nprocessed 1 insns (limit 1000000)\n';
  const failure = { kind: 'kernel', errno: 'EACCES', code: 13, where: 'bpf(BPF_PROG_LOAD)' } as const;
  const refuse = () => {
    throw new AgentError('hog', { ...failure, message: "loading program 'f'", log });
  };
  const { traffic } = variantOf('  - stall: { cpu: 1 }');
  await t.rejects(runSteps(contextOf(agent({ hog: refuse }).guest), traffic), {
    message: /: stall: the kernel refused bpf\(BPF_PROG_LOAD\): EACCES \(loading program 'f'\): R2 !read_ok$/,
    detail: log,
  });
});

t.test('frames come from pktgen, but not into generic XDP behind a veth', async t => {
  const cases = [
    { topology: 'veth', mode: undefined, op: 'pktgen' },
    { topology: 'veth', mode: 'native', op: 'pktgen' },
    { topology: 'veth', mode: 'generic', op: 'send' },
    { topology: 'virtio', mode: 'generic', op: 'pktgen' },
  ] as const;
  const answer = () => ({ sent: 1, errors: 0 });
  for (const { topology, mode, op } of cases) {
    const { guest, requests } = agent({ pktgen: answer, send: answer });
    const ctx = contextOf(guest, topology);
    if (mode !== undefined) ctx.attached.set('rx', mode);
    await runSteps(ctx, variantOf('  - frames: { count: 1, pps: 100 }').traffic);
    t.match(requests, [{ op, dev: 'tx', count: 1, pps: 100 }], `${topology} ${mode}`);
  }
});

t.test('repeat does its steps in turn, so many times', async t => {
  const { guest, requests } = agent();
  const { traffic } = variantOf(
    '  - repeat: { times: 2, steps: [{ stall: { cpu: 1 } }, { release: { cpu: 1 } }] }',
  );
  await runSteps(contextOf(guest), traffic);
  t.same(
    requests.map(({ on }) => on),
    [true, false, true, false],
  );
});

/** An agent whose looks at counters and threads have these answers in turn; the last one stays. */
function lookedAt(looks: readonly { readonly taken: number; readonly states: readonly string[] }[]) {
  const left = [...looks];
  const now = () => left[0] ?? { taken: 0, states: [] };
  return agent({
    send: () => ({ sent: 5, errors: 0 }),
    observers_read: () => ({ tables: { kthread: [{ processed: now().taken }] } }),
    kthreads: () => {
      const rows = now().states.map((state, cpu) => ({ comm: `cpumap/${cpu}/map:1`, state }));
      if (left.length > 1) left.shift();
      return { rows };
    },
  });
}

t.test('dequeued waits until as many packets are taken as were sent, and every thread sleeps', async t => {
  const steps = `
  - send: { on: tx, count: 5 }
  - dequeued: { within: 200 }
`;
  const run = async (looks: Parameters<typeof lookedAt>[0]): Promise<Made[]> => {
    const { guest, requests } = lookedAt(looks);
    await runSteps(contextOf(guest), variantOf(steps).traffic);
    return requests;
  };
  const requests = await run([
    { taken: 5, states: ['S', 'R'] },
    { taken: 5, states: ['S', 'S'] },
  ]);
  t.equal(requests.filter(({ op }) => op === 'kthreads').length, 2, 'a thread that runs is looked at again');
  await t.rejects(run([{ taken: 4, states: ['S'] }]), {
    message: /4 of 5 packets after 200 ms are taken out of rings/,
  });
  await t.rejects(run([{ taken: 5, states: ['S', 'R'] }]), {
    message: /cpumap\/1\/map:1 does not sleep after 200 ms/,
  });
});

t.test(
  'a devmap’s value is the device’s number, and where there is room the descriptor that a step states',
  async t => {
    const { guest, requests } = agent({ map_create: () => ({ id: 5 }), netdev: () => ({ ifindex: 0x207 }) });
    const { traffic } = variantOf(`
  - map: { name: wide, type: devmap, key_size: 4, value_size: 8, max_entries: 2 }
  - map: { name: narrow, type: devmap_hash, key_size: 4, value_size: 4, max_entries: 2 }
  - update: { map: wide, key: 1, device: rx }
  - update: { map: wide, key: 1, device: rx, prog_fd: -1 }
  - update: { map: narrow, key: 1, device: rx, prog_fd: 5 }
`);
    await runSteps(contextOf(guest), traffic);
    t.strictSame(
      requests.filter(({ op }) => op === 'map_update').map(one => one['value']),
      ['0702000000000000', '07020000ffffffff', '07020000'],
    );
  },
);

t.test('a step in the background whose result nobody reads must have ended', async t => {
  const { guest } = agent({ exec_start: () => new Promise(() => undefined) });
  const open = async (step: string): Promise<StepContext> => {
    const ctx = contextOf(guest);
    await runSteps(ctx, variantOf(step, 'left.status == 0').traffic);
    return ctx;
  };
  const nobody = await open(`
  - { exec: { argv: [sleep, '9'] }, background: true }
  - { exec: { argv: [sleep, '9'] }, background: true, as: left }`);
  t.throws(() => nobody.refuseOpen(), { code: 'scenario', message: /join: true/ });
  const read = await open(`
  - { exec: { argv: [sleep, '9'] }, background: true, as: left }`);
  t.doesNotThrow(() => read.refuseOpen());
});

t.test('what a kernel does by itself has more time on a busy host, and on a slow kernel', async t => {
  const { guest } = agent();
  t.equal(kernelMs(contextOf(guest), 5000, 1), 5000);
  t.equal(kernelMs(contextOf({ ...guest, slowness: 4 }), 5000, 3), 60_000);
});
