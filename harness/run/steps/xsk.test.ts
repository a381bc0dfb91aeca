import t from 'tap';
import { AgentError } from '../../guest/agent-error.ts';
import { scenarioOf } from '../../oracle/made-up.fixture.ts';
import { ProgramIndex } from '../programs.ts';
import { readXsks, startXsks } from '../readings/xsk.ts';
import { StepContext, type StepGuest } from './context.ts';
import { runSteps } from './run-steps.ts';

type Made = { readonly op: string } & Readonly<Record<string, unknown>>;

/** Answers of an agent, by op; every request is kept. */
function contextOf(answers: Record<string, (args: Record<string, unknown>) => unknown> = {}) {
  const requests: Made[] = [];
  const guest = {
    hello: { cpus_possible: [0, 1, 2, 3] },
    call: async (op: string, args: Record<string, unknown>) => {
      requests.push({ op, ...args });
      return (await answers[op]?.(args)) ?? {};
    },
  } as unknown as StepGuest;
  return { ctx: new StepContext(guest, new ProgramIndex([]), 'veth'), requests };
}

async function run(ctx: StepContext, steps: string, reads: string): Promise<void> {
  const text = `title: t\nsource: s\ntopology: veth\nsetup:\n${steps}\nexpect: [${JSON.stringify(reads)}]\n`;
  const [variant] = scenarioOf(text).variants;
  await runSteps(ctx, variant?.setup ?? []);
}

t.test('a socket is in copy mode with its own memory, and its flags are those of sxdp_flags', async t => {
  const { ctx, requests } = contextOf({ xsk_open: () => ({ zerocopy: false }) });
  await run(
    ctx,
    `  - { xsk: { name: s, device: rx }, as: a }
  - xsk: { name: z, device: rx, mode: zerocopy, need_wakeup: true, sg: true, flags: 0x100, bind: false }`,
    'a.zerocopy == false',
  );
  t.match(requests[0], { op: 'xsk_open', name: 's', dev: 'rx', flags: 2, chunks: 4096, unbound: false });
  t.equal(requests[0]?.['fill'], undefined, 'the agent has the defaults of rings');
  t.match(requests[1], { flags: 4 | 8 | 16 | 0x100, unbound: true });
  t.same(ctx.results['a'], { errno: 'OK', zerocopy: false });
});

t.test('with the memory of another socket there are no rings of its own, and no mode', async t => {
  const { ctx, requests } = contextOf();
  await run(
    ctx,
    `  - xsk: { name: s, device: rx }
  - xsk: { name: same, device: rx, shared: s }
  - { xsk: { name: far, device: tx, shared: s, fill: 64, completion: 64 }, as: far }`,
    'far.errno == "OK"',
  );
  t.match(requests[1], { shared: 's', flags: 0, fill: 0, completion: 0, filled: 0 });
  t.match(requests[2], { shared: 's', flags: 0, fill: 64, completion: 64 });
  t.equal(requests[2]?.['filled'], undefined);
});

t.test('a socket becomes an entry of a map, and one that bind refuses does not', async t => {
  const refusal = {
    kind: 'kernel' as const,
    errno: 'EBUSY',
    code: 16,
    where: 'bind',
    message: 'm',
    log: null,
  };
  let tries = 0;
  const { ctx, requests } = contextOf({
    map_create: () => ({ id: 3 }),
    xsk_open: ({ name }) => {
      if (name !== 'late') return { zerocopy: false };
      tries += 1;
      if (tries < 3) throw new AgentError('xsk_open', refusal);
      return { zerocopy: false };
    },
  });
  await run(
    ctx,
    `  - map: { name: xsks, type: xskmap, key_size: 4, value_size: 4, max_entries: 2 }
  - xsk: { name: s, device: rx, map: xsks, key: 1 }
  - update: { map: xsks, key: 0, socket: { xsk: s }, flags: exist }
  - update: { map: xsks, key: 0, socket: { xdp: tx } }
  - { xsk: { name: late, device: rx, within: 5000 }, as: late }`,
    'late.errno == "OK"',
  );
  const entries = requests.filter(({ op }) => op === 'map_socket');
  t.match(entries, [
    { kind: 'xsk', xsk: 's', key: '01000000', flags: 0 },
    { kind: 'xsk', xsk: 's', key: '00000000', flags: 2 },
    { kind: 'xsk', xsk: 'socket_1', flags: 0 },
  ]);
  t.equal(tries, 3, 'bind is tried again while the queue is taken');
});

t.test(
  'all sockets are counted from the beginning of the traffic, and their frames are compared',
  async t => {
    const frame = Buffer.alloc(60).toString('hex');
    const { ctx, requests } = contextOf({
      xsk_read: () => ({ received: 2, kept: 2, bytes: 120 }),
      xsk_frames: ({ at }) =>
        at === 0 ? { frames: [frame], next: 64, more: true } : { frames: [frame], next: 128, more: false },
    });
    await run(ctx, '  - { xsk: { name: s, device: rx }, as: a }', 'a.errno == "OK"');
    await startXsks(ctx);
    t.match(await readXsks(ctx), { xsks: { s: { received: 2 } }, xskFrames: { exact: 0, changed: 2 } });
    t.match(
      requests.map(({ op }) => op),
      ['xsk_open', 'xsk_start', 'xsk_read', 'xsk_frames', 'xsk_frames'],
    );
    const short = contextOf({
      xsk_read: () => ({ received: 5, kept: 2 }),
      xsk_frames: () => ({ frames: [], more: false }),
    });
    await run(short.ctx, '  - { xsk: { name: s, device: rx }, as: a }', 'a.errno == "OK"');
    t.match(await readXsks(short.ctx), { xskFrames: 'there was no room for the bytes of 3 frames' });
  },
);

t.test('a step that does not get what it asks for is not passed over', async t => {
  const { ctx } = contextOf({ xsk_receive: () => ({ received: 10 }) });
  const steps = (receive: string) => `  - xsk: { name: s, device: rx }\n  - ${receive}`;
  await t.rejects(run(ctx, steps('xsk_receive: { socket: s, count: 64, recycle: true }'), 'sent == 0'), {
    message: /xsk_receive: 10 of 64 frames were in the rx ring within 5000 ms/,
  });
  await run(ctx, steps('{ xsk_receive: { socket: s, count: 64 }, as: some }'), 'some.received == 10');
});
