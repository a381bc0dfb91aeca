import t from 'tap';
import { AgentError } from '../../guest/agent-error.ts';
import { scenarioOf } from '../../oracle/made-up.fixture.ts';
import type { Topology } from '../../model/topology.ts';
import { ProgramIndex } from '../programs.ts';
import { StepContext, type StepGuest } from './context.ts';
import { runSteps } from './run-steps.ts';
import { stretchedMs } from './traffic.ts';

/** A guest whose agent answers by op; requests of a batch are taken apart. */
function guestWith(answers: Record<string, () => unknown>) {
  const requests: Record<string, unknown>[] = [];
  const one = (op: string, args: object): unknown => {
    requests.push({ op, ...args });
    return answers[op]?.() ?? (op === 'exec' ? { status: 0, stdout: '', stderr: '' } : {});
  };
  const call = async (op: string, args: object): Promise<unknown> => {
    if (op !== 'batch') return one(op, args);
    const { requests: parts } = args as { requests: { op: string }[] };
    return { answers: parts.map(({ op: part, ...rest }) => ({ ok: one(part, rest) })) };
  };
  return { guest: { hello: {}, call } as unknown as StepGuest, requests };
}

const WHOLE = {
  tcp_connect: () => ({ connected: 2, finished: 2, sent_bytes: 2000, error: '', usec: 5 }),
  tcp_close: () => ({ accepted: 2, received_bytes: 2000 }),
  ping: () => ({ sent: 3, errors: 0, replies: 3, duplicates: 0, usec: 1 }),
};

function stepsOf(traffic: string, reads = 'sent == 1') {
  const [variant] = scenarioOf(`
title: t
source: s
topology: veth
traffic: [${traffic}]
expect: [${JSON.stringify(reads)}]`).variants;
  if (variant === undefined) throw new Error('no variant');
  return variant.traffic;
}

function contextOf(guest: StepGuest, generator = guest, topology: Topology = 'veth') {
  return new StepContext(guest, new ProgramIndex([]), topology, generator);
}

const TCP = 'tcp: { bytes: 1000, connections: 2 }';

t.test('on a busy host a step waits longer for bytes that do not move', t => {
  t.equal(stretchedMs(5000, 1), 5000);
  t.equal(stretchedMs(5000, 2.5), 12_500);
  t.equal(stretchedMs(500_000, 3), 600_000, 'the longest wait of any step');
  t.end();
});

t.test('tcp listens behind rx, connects from tx, and counts on both sides', async t => {
  const { guest, requests } = guestWith(WHOLE);
  const ctx = contextOf(guest);
  await runSteps(ctx, stepsOf(`{ ${TCP}, as: got }`, 'got.received_bytes == 2000'));
  t.match(
    requests.filter(({ op }) => String(op).startsWith('tcp_')),
    [
      { op: 'tcp_listen', ip: '198.18.1.1', port: 5001 },
      { op: 'tcp_connect', dev: 'tx', src_ip: '198.18.0.2', bytes: 1000, connections: 2 },
      { op: 'tcp_close', port: 5001 },
    ],
  );
  t.same(ctx.results['got'], {
    errno: 'OK',
    connected: 2,
    accepted: 2,
    sent_bytes: 2000,
    received_bytes: 2000,
    error: '',
  });
  t.match(ctx.sources, [{ source: 'tcp', on: 'tx', uncounted: true }]);
  t.match(ctx.announced.obstacle, /TCP/, 'its packets cannot be told from one another');
});

t.test('the routes are made once in a cell, in the guests that have the ends', async t => {
  const { guest, requests } = guestWith(WHOLE);
  await runSteps(contextOf(guest), stepsOf(`{ ${TCP} }, { ping: { count: 3 } }`));
  const batches = requests.filter(({ path }) => path === '/run/wire-routes');
  t.equal(batches.length, 1);
  t.match(batches[0]?.['data'], /addr add 198\.18\.0\.2\/32 dev tx[^]*rule del pref 0/);
  const [near, far] = [guestWith(WHOLE), guestWith(WHOLE)];
  await runSteps(contextOf(near.guest, far.guest, 'link'), stepsOf(`{ ${TCP} }`));
  const routes = (all: Record<string, unknown>[]) =>
    all.find(({ path }) => path === '/run/wire-routes')?.['data'];
  t.match(routes(near.requests), /^route add 198\.18\.0\.2 dev rx\nneigh add [^\n]*\n$/);
  t.match(routes(far.requests), /^addr add 198\.18\.0\.2\/32 dev tx\n$/);
  t.match(far.requests.map(({ op }) => op).at(-1), 'tcp_connect');
});

t.test('what does not come through fails a step whose result nobody reads', async t => {
  const { guest } = guestWith({
    ...WHOLE,
    tcp_connect: () => ({ connected: 1, finished: 1, sent_bytes: 1000, error: 'ECONNRESET', usec: 5 }),
    tcp_close: () => ({ accepted: 1, received_bytes: 1000 }),
    ping: () => ({ sent: 3, errors: 0, replies: 1, duplicates: 0, usec: 1 }),
  });
  await t.rejects(runSteps(contextOf(guest), stepsOf(`{ ${TCP} }`)), {
    name: 'StepFailure',
    message: /tcp: 1000 of 2000 bytes came through \(ECONNRESET\)/,
  });
  await t.rejects(runSteps(contextOf(guest), stepsOf('{ ping: { count: 3 } }')), {
    message: /ping: 1 of 3 replies came through/,
  });
  const ctx = contextOf(guest);
  await runSteps(ctx, stepsOf('{ ping: { count: 3 }, as: p }', 'p.replies == 1'));
  t.match(ctx.results['p'], { replies: 1 });
  t.match(
    ctx.sources,
    [{ source: 'ping', requested: 3, sent: 3 }],
    'echo requests are counted by who sends them',
  );
});

t.test('the port is free again when the kernel refuses to connect', async t => {
  const refuse = () => {
    const failure = {
      errno: 'ENETUNREACH',
      code: 101,
      where: 'bind, connect',
      message: 'no',
      log: null,
    } as const;
    throw new AgentError('tcp_connect', { kind: 'kernel', ...failure });
  };
  const { guest, requests } = guestWith({ ...WHOLE, tcp_connect: refuse });
  const ctx = contextOf(guest);
  await runSteps(ctx, stepsOf(`{ ${TCP}, as: got }`, 'got.errno == "ENETUNREACH"'));
  t.match(ctx.results['got'], { errno: 'ENETUNREACH', where: 'bind, connect' });
  t.equal(requests.at(-1)?.['op'], 'tcp_close');
});

t.test('routes that cannot be made are no fault of the kernel under test', async t => {
  const { guest } = guestWith({
    ...WHOLE,
    exec: () => ({ status: 1, stdout: '', stderr: 'RTNETLINK answers: no\n' }),
  });
  await t.rejects(runSteps(contextOf(guest), stepsOf(`{ ${TCP} }`)), {
    code: 'harness',
    message: /cannot be made: RTNETLINK answers: no/,
  });
});
