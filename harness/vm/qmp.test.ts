import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t, { type Test } from 'tap';
import { makeWorkspace } from '../util/workspace.ts';
import { Qmp } from './qmp.ts';

// The session with the other end of the socket in this test's hands; with a real QEMU it is tested by every guest test.

/** A session, and QEMU's end of it, which receives one command after another. */
async function session(t: Test, answerMs: number, timeoutMs = 1_000) {
  const workspace = await makeWorkspace();
  const path = join(workspace.dir, 'qmp');
  const server = createServer().listen(path);
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const connecting = Qmp.connect(path, { timeoutMs, alive: () => true, answerMs });
  connecting.catch(() => undefined);
  const [qemu] = await accepted;
  const commands = createInterface({ input: qemu })[Symbol.asyncIterator]();
  const next = async () =>
    JSON.parse((await commands.next()).value as string) as { execute: string; id: number };
  const raw = (text: string): void => void qemu.write(text);
  const say = (message: unknown): void => void qemu.write(`${JSON.stringify(message)}\n`);
  t.teardown(() => {
    qemu.destroy();
    server.close();
    return workspace[Symbol.asyncDispose]();
  });
  return { connecting, qemu, next, say, raw };
}

async function connected(t: Test, answerMs = 60_000) {
  const parts = await session(t, answerMs);
  parts.say({ QMP: { version: {}, capabilities: [] } });
  const { execute, id } = await parts.next();
  t.equal(execute, 'qmp_capabilities');
  parts.say({ return: {}, id });
  const qmp = await parts.connecting;
  t.teardown(() => qmp.close());
  return { ...parts, qmp };
}

t.test('results, refusals and events', async t => {
  const { qmp, next, say } = await connected(t);
  const changed = once(qmp.events, 'VSERPORT_CHANGE');
  const status = qmp.execute('query-status');
  const wrong = qmp.execute('no-such');
  const [first, second] = [await next(), await next()];
  say({ error: { class: 'CommandNotFound', desc: 'The command no-such has not been found' }, id: second.id });
  say({ event: 'VSERPORT_CHANGE', data: { id: 'agent', open: false } });
  say({ return: { status: 'running' }, id: first.id });
  t.same(await status, { status: 'running' });
  await t.rejects(wrong, { code: 'infra', message: 'QMP: The command no-such has not been found' });
  t.same(await changed, [{ id: 'agent', open: false }]);
});

t.test('an answer of another type than the command has is none', async t => {
  const { qmp, next, say } = await connected(t);
  const answers = [
    ['text', /^QMP: QEMU answered cont with "text"$/],
    [7, /answered cont with 7$/],
    [[{}], /answered cont with \[\{\}\]$/],
    [null, /answered cont with null$/],
    [undefined, /answered cont with nothing$/],
  ] as const;
  for (const [answer, message] of answers) {
    const asked = qmp.execute('cont');
    say({ return: answer, id: (await next()).id });
    await t.rejects(asked, { code: 'infra', message });
  }
  const text = qmp.human('info registers');
  say({ return: 'RIP=0', id: (await next()).id });
  t.equal(await text, 'RIP=0');
  const none = qmp.human('info registers');
  say({ return: {}, id: (await next()).id });
  await t.rejects(none, { code: 'infra', message: /answered human-monitor-command with \{\}/ });
});

t.test('a QEMU that dies in the middle of a line rejects what is open', async t => {
  const { qmp, qemu, next } = await connected(t);
  const asked = qmp.execute('query-status');
  await next();
  qemu.end('{"return": {"sta');
  await t.rejects(asked, { code: 'infra', message: 'QMP: QEMU closed the connection' });
  await t.rejects(qmp.execute('cont'), { code: 'infra' });
});

t.test('a QEMU that is stopped is given up', async t => {
  const { qmp, say, next } = await connected(t, 100);
  const asked = qmp.execute('query-status');
  await t.rejects(asked, { code: 'infra', message: /did not answer query-status within 100 ms/ });
  // A late answer is for nobody.
  say({ return: {}, id: (await next()).id });
  const again = qmp.execute('query-version');
  say({ return: { qemu: 9 }, id: (await next()).id });
  t.same(await again, { qemu: 9 });
});

t.test('a QEMU that accepts the connection and says nothing is given up', async t => {
  const { connecting, qemu } = await session(t, 60_000, 50);
  const closed = once(qemu, 'close');
  qemu.resume();
  await t.rejects(connecting, { code: 'infra', message: /did not answer qmp_capabilities/ });
  await closed;
});

const GREETING = '{"QMP": {"version": {}, "capabilities": []}}\n';

for (const [what, text] of [
  ['garbage', 'HTTP/1.1 200 OK\n'],
  ['JSON that is no object', 'null\n'],
  ['an answer to nobody', `${GREETING}{"return": {}, "id": 99}\n`],
  ['an id that is no number', `${GREETING}{"return": {}, "id": "1"}\n`],
  ['a line without end', 'x'.repeat(20 * 1024 * 1024)],
] as const) {
  t.test(`a QEMU that sends ${what} is given up at once`, async t => {
    const { connecting, qemu, raw } = await session(t, 60_000, 60_000);
    qemu.on('error', () => undefined);
    raw(text);
    await t.rejects(connecting, { code: 'infra', message: /^QMP: QEMU does not speak QMP: / });
  });
}

t.test('a QEMU that stops in the middle of its greeting is given up in time', async t => {
  const { connecting, raw } = await session(t, 60_000, 100);
  raw('{"QMP": {"ver');
  await t.rejects(connecting, { code: 'infra', message: /did not answer qmp_capabilities/ });
});

t.test('a connection that ends while it begins is no uncaught exception', async t => {
  const { connecting, qemu } = await session(t, 60_000);
  qemu.destroy();
  await t.rejects(connecting, { code: 'infra' });
});

t.test('events that come with the first words are not lost', async t => {
  const workspace = await makeWorkspace();
  const path = join(workspace.dir, 'qmp');
  const server = createServer(socket => {
    socket.write(`${GREETING}{"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-reset"}}\n`);
    socket.write('{"return": {}, "id": 1}\n');
  }).listen(path);
  const seen: string[] = [];
  const qmp = await Qmp.connect(path, {
    timeoutMs: 60_000,
    alive: () => true,
    onEvents: events => events.on('SHUTDOWN', ({ reason }) => seen.push(reason)),
  });
  t.same(seen, ['guest-reset']);
  qmp.close();
  server.close();
  await workspace[Symbol.asyncDispose]();
});
