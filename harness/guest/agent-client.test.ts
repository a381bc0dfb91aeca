import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t, { type Test } from 'tap';
import { makeWorkspace } from '../util/workspace.ts';
import { AgentClient, AgentError, ChannelLostError } from './agent-client.ts';

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

t.test('answers find their requests in any order, whatever stands between', async t => {
  const { ours, agent } = await channel(t);
  const client = new AgentClient(ours, LIMITS);
  t.teardown(() => client.close());
  const asked = createInterface({ input: agent })[Symbol.asyncIterator]();
  const first = client.request({ op: 'hello' });
  const second = client.request({ op: 'softnet' });
  t.equal((await asked.next()).value, '{"id":1,"op":"hello"}');
  t.equal((await asked.next()).value, '{"id":2,"op":"softnet"}');
  agent.write('not json\n{"hb":1}\n{"id":2,"ok":{"rows":[]}}\n{"id":1,"ok":{"release":"x"}}\n');
  t.same(await first, { release: 'x' });
  t.same(await second, { rows: [] });
});

t.test('a refusal keeps its errno', async t => {
  const { ours, agent } = await channel(t);
  const client = new AgentClient(ours, LIMITS);
  t.teardown(() => client.close());
  const request = client.request({ op: 'map_update' });
  const error = { kind: 'kernel', errno: 'EEXIST', code: 17, where: 'bpf()', message: 'no', log: null };
  agent.write(`${JSON.stringify({ id: 1, error })}\n`);
  const thrown: unknown = await request.catch((reason: unknown) => reason);
  t.ok(thrown instanceof AgentError);
  t.match(thrown, { failure: { errno: 'EEXIST', kind: 'kernel' }, message: 'map_update: bpf(): EEXIST: no' });
});

t.test('silence is a lost channel, and nothing stays open', async t => {
  const { ours } = await channel(t);
  const client = new AgentClient(ours, { heartbeatMs: 300, answerMs: 60_000 });
  const request = client.request({ op: 'hello' });
  await t.rejects(request, { name: 'ChannelLostError', loss: 'no-heartbeat' });
  t.equal(await client.lost, 'no-heartbeat');
  await t.rejects(client.request({ op: 'hello' }), ChannelLostError);
});

t.test('a heartbeat without an answer is a request that hangs', async t => {
  const { ours, agent } = await channel(t);
  const client = new AgentClient(ours, { heartbeatMs: 600, answerMs: 60_000 });
  const beat = setInterval(() => agent.write('{"hb":1}\n'), 50);
  t.teardown(() => clearInterval(beat));
  await t.rejects(client.request({ op: 'pktgen' }, 700), { name: 'ChannelLostError', loss: 'no-answer' });
});

t.test('a closed channel is told at once', async t => {
  const { ours } = await channel(t);
  const client = new AgentClient(ours, LIMITS);
  const request = client.request({ op: 'hello' });
  ours.destroy();
  await t.rejects(request, { name: 'ChannelLostError', loss: 'channel-closed' });
});
