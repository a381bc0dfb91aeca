import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t, { type Test } from 'tap';
import { makeWorkspace } from '../util/workspace.ts';
import { AgentClient } from './agent-client.ts';
import { AgentError, AnswerShapeError, ChannelLostError } from './agent-error.ts';

/** Both ends of a channel: what the client holds, and what an agent would hold. */
async function channel(t: Test): Promise<{ ours: Socket; agent: Socket }> {
  // Not in t.testdir(): a socket's path has at most 107 bytes.
  const workspace = await makeWorkspace();
  const path = join(workspace.dir, 'socket');
  const server = createServer().listen(path);
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const ours = connect(path);
  const [agent] = await accepted;
  t.teardown(() => {
    ours.destroy();
    agent.destroy();
    server.close();
    return workspace[Symbol.asyncDispose]();
  });
  return { ours, agent };
}

const HELLO = {
  agent: '1',
  release: 'x',
  version: 'y',
  cpus_online: [0],
  cpus_possible: [0],
  kernel_max: 1,
};

const LIMITS = { heartbeatMs: 60_000, answerMs: 60_000 };

/** An agent that never closes its end. */
const STAYS = new Promise<void>(() => undefined);

t.test('answers find their requests in any order, whatever stands between', async t => {
  const { ours, agent } = await channel(t);
  const client = new AgentClient(ours, LIMITS, STAYS, 1);
  t.teardown(() => client.close());
  const asked = createInterface({ input: agent })[Symbol.asyncIterator]();
  const first = client.call('hello', {});
  const second = client.call('observers_reset', {});
  t.equal((await asked.next()).value, '', 'ends what the client before may have left');
  t.equal((await asked.next()).value, '{"id":1,"op":"hello"}');
  t.equal((await asked.next()).value, '{"id":2,"op":"observers_reset"}');
  agent.write(
    `not json\n{"hb":1}\n{"id":7,"ok":{}}\n{"id":2,"ok":{}}\n{"id":1,"ok":${JSON.stringify(HELLO)}}\n`,
  );
  t.same(await first, HELLO);
  t.same(await second, {});
});

t.test('a refusal keeps its errno', async t => {
  const { ours, agent } = await channel(t);
  const client = new AgentClient(ours, LIMITS, STAYS, 1);
  t.teardown(() => client.close());
  const request = client.call('map_update', { map: 'm', key: '00' });
  const error = { kind: 'kernel', errno: 'EEXIST', code: 17, where: 'bpf()', message: 'no', log: null };
  agent.write(`${JSON.stringify({ id: 1, error })}\n`);
  const thrown: unknown = await request.catch((reason: unknown) => reason);
  t.ok(thrown instanceof AgentError);
  t.match(thrown, { failure: { errno: 'EEXIST', kind: 'kernel' }, message: 'map_update: bpf(): EEXIST: no' });
});

t.test('silence is a lost channel, and nothing stays open', async t => {
  const { ours } = await channel(t);
  const client = new AgentClient(ours, { heartbeatMs: 300, answerMs: 60_000 }, STAYS);
  const request = client.call('hello', {});
  await t.rejects(request, { name: 'ChannelLostError', loss: 'no-heartbeat' });
  t.same(await client.lost, { loss: 'no-heartbeat', op: null, what: null });
  await t.rejects(client.call('hello', {}), ChannelLostError);
});

t.test('a heartbeat without an answer is a request that hangs', async t => {
  const { ours, agent } = await channel(t);
  const client = new AgentClient(ours, { heartbeatMs: 600, answerMs: 60_000 }, STAYS);
  const beat = setInterval(() => agent.write('{"hb":1}\n'), 50);
  t.teardown(() => clearInterval(beat));
  const call = client.call('kmsg', {}, { timeoutMs: 700 });
  await t.rejects(call, {
    name: 'ChannelLostError',
    loss: 'no-answer',
  });
});

t.test('a closed channel is noticed at once', async t => {
  const { ours } = await channel(t);
  const client = new AgentClient(ours, LIMITS, STAYS, 1);
  const request = client.call('hello', {});
  ours.destroy();
  await t.rejects(request, { name: 'ChannelLostError', loss: 'channel-closed' });
});

t.test(
  'an agent that closes its end of the port is a lost channel, though the socket stays open',
  async t => {
    const { ours, agent } = await channel(t);
    const client = new AgentClient(ours, LIMITS, Promise.resolve());
    await t.rejects(client.call('hello', {}), { name: 'ChannelLostError', loss: 'channel-closed' });
    t.same(await client.lost, { loss: 'channel-closed', op: null, what: null });
    t.notOk(agent.destroyed);
  },
);

t.test('options of a call are no arguments: a background request says so on the wire', async t => {
  const { ours, agent } = await channel(t);
  const client = new AgentClient(ours, LIMITS, STAYS, 1);
  t.teardown(() => client.close());
  const asked = createInterface({ input: agent })[Symbol.asyncIterator]();
  const call = client.call('hog', { cpu: 1, on: true }, { background: true });
  await asked.next();
  t.equal((await asked.next()).value, '{"id":1,"op":"hog","cpu":1,"on":true,"bg":true}');
  agent.write('{"id":1,"ok":{}}\n');
  t.same(await call, {});
});

for (const [what, text] of [
  ['garbage after a whole line', '{"hb":1}\nnot json\n'],
  [
    'an id that nobody asked with, once it answers',
    `{"id":1,"ok":${JSON.stringify(HELLO)}}\n{"id":77,"ok":{}}\n`,
  ],
  ['an answer twice', `{"id":1,"ok":${JSON.stringify(HELLO)}}\n{"id":1,"ok":{}}\n`],
  ['JSON that is no object', '{"hb":1}\n7\n'],
] as const) {
  t.test(`an agent that sends ${what} has no channel any more`, async t => {
    const { ours, agent } = await channel(t);
    const client = new AgentClient(ours, LIMITS, STAYS, 1);
    client.call('hello', {}).catch(() => undefined);
    const open = client.call('keep', {});
    agent.write(text);
    await t.rejects(open, { name: 'ChannelLostError', loss: 'bad-line' });
    t.match(await client.lost, { loss: 'bad-line', what: /\S/ });
  });
}

t.test('an answer of another shape is an error that names the op, and the channel stays', async t => {
  const { ours, agent } = await channel(t);
  const client = new AgentClient(ours, LIMITS, STAYS, 1);
  t.teardown(() => client.close());
  const calls = [client.call('hello', {}), client.call('kmsg', {}), client.call('keep', {})] as const;
  agent.write('{"id":1,"ok":{"release":7}}\n{"id":2,"error":"no"}\n{"id":3,"ok":{}}\n');
  await t.rejects(calls[0], {
    code: 'agent',
    message: /^hello: the agent's answer is not what the op declares: agent: /,
  });
  const wrong: unknown = await calls[1].catch((error: unknown) => error);
  t.ok(wrong instanceof AnswerShapeError);
  t.same(await calls[2], {});
});

t.test(
  'a long line that does not end is the fault of the agent, a short one may be that of a guest that hangs',
  async t => {
    for (const [bytes, loss] of [
      [1_000_000, 'bad-line'],
      [10, 'no-heartbeat'],
    ] as const) {
      const { ours, agent } = await channel(t);
      const client = new AgentClient(ours, { heartbeatMs: 500, answerMs: 60_000 }, STAYS);
      client.call('hello', {}).catch(() => undefined);
      agent.write('x'.repeat(bytes));
      t.match(await client.lost, { loss });
    }
  },
);

t.test('silence does not count while this process could not listen', async t => {
  const { ours, agent } = await channel(t);
  const client = new AgentClient(ours, { heartbeatMs: 1_000, answerMs: 60_000 }, STAYS);
  t.teardown(() => client.close());
  let lost = false;
  void client.lost.then(() => (lost = true));
  const beat = setInterval(() => agent.write('{"hb":1}\n'), 50);
  t.teardown(() => clearInterval(beat));
  // Longer than the limit on the most loaded host.
  for (let busyUntil = performance.now() + 4_000; performance.now() < busyUntil;);
  await new Promise(resolve => setTimeout(resolve, 600));
  t.notOk(lost);
});

t.test('a socket that cannot be connected is no closed channel', async t => {
  const client = new AgentClient(connect('/no/such/socket'), LIMITS, STAYS);
  t.match(await client.lost, { loss: 'no-channel', what: /ENOENT/ });
});
