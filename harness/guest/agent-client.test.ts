import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t, { type Test } from 'tap';
import { makeWorkspace } from '../util/workspace.ts';
import { AgentClient } from './agent-client.ts';
import { AgentError, ChannelLostError } from './agent-error.ts';

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
  t.equal((await asked.next()).value, '{"id":1,"op":"hello"}');
  t.equal((await asked.next()).value, '{"id":2,"op":"observers_reset"}');
  agent.write('not json\n{"hb":1}\n{"id":2,"ok":{}}\n{"id":1,"ok":{"release":"x"}}\n');
  t.same(await first, { release: 'x' });
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
  t.same(await client.lost, { loss: 'no-heartbeat', op: null });
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
    t.same(await client.lost, { loss: 'channel-closed', op: null });
    t.notOk(agent.destroyed);
  },
);

t.test('options of a call are no arguments: a background request says so on the wire', async t => {
  const { ours, agent } = await channel(t);
  const client = new AgentClient(ours, LIMITS, STAYS, 1);
  t.teardown(() => client.close());
  const asked = createInterface({ input: agent })[Symbol.asyncIterator]();
  const call = client.call('hog', { cpu: 1, on: true }, { background: true });
  t.equal((await asked.next()).value, '{"id":1,"op":"hog","cpu":1,"on":true,"bg":true}');
  agent.write('{"id":1,"ok":{}}\n');
  t.same(await call, {});
});
