import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { makeWorkspace } from '../util/workspace.ts';
import { GdbRemote } from './gdb-remote.ts';

// The session with the stub in this test's hands; with a real QEMU it is tested by hold.guest.test.ts.

/** A session, and the stub's end of it. */
async function session(t: Test, answerMs = 60_000) {
  const workspace = await makeWorkspace();
  const path = join(workspace.dir, 'gdb');
  const server = createServer().listen(path);
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const gdb = await GdbRemote.connect(path, answerMs);
  const [stub] = await accepted;
  let heard = '';
  stub.setEncoding('latin1').on('data', text => (heard += String(text)));
  t.teardown(() => {
    gdb.close();
    stub.destroy();
    server.close();
    return workspace[Symbol.asyncDispose]();
  });
  /** What the stub has received until then; it is forgotten. */
  const until = async (end: string): Promise<string> => {
    while (!heard.endsWith(end)) await once(stub, 'data');
    const text = heard;
    heard = '';
    return text;
  };
  return { gdb, stub, until, say: (text: string): void => void stub.write(text) };
}

t.test('requests, answers and refusals, with what acknowledges them', async t => {
  const { gdb, until, say } = await session(t);
  const answer = gdb.ask('p10');
  t.equal(await until('#d1'), '$p10#d1');
  // The packet comes in two parts.
  say('+$00');
  say('ff#2c');
  t.equal(await answer, '00ff');
  t.equal(await until('+'), '+');
  const refused = t.rejects(gdb.ask('Z1,0,1'), { code: 'infra', message: /Z1,0,1 is refused: `E22`/ });
  await until('#44');
  say('+$E22#a9');
  await refused;
  const unknown = t.rejects(gdb.ask('x'), { code: 'infra' });
  await until('#78');
  say('+$#00');
  await unknown;
});

t.test('a stop that nobody asked about is no answer', async t => {
  const { gdb, until, say } = await session(t);
  const threads = gdb.threads();
  await until('qfThreadInfo#bb');
  say('$T02thread:01;#04+$m01#ce');
  await until('qsThreadInfo#c8');
  say('+$m02#cf');
  await until('qsThreadInfo#c8');
  say('+$l#6c');
  t.same(await threads, [1, 2]);
});

t.test('a machine runs until a breakpoint, or until it is interrupted', async t => {
  const { gdb, until, say } = await session(t);
  const first = gdb.resume('vCont;c');
  t.equal(await until('#a8'), '$vCont;c#a8');
  await t.rejects(gdb.ask('p0'), { code: 'infra' }, 'a byte would stop it');
  say('+$T05thread:0a;#37');
  t.same(await first, { signal: 5, thread: 10 });
  t.equal(await until('+'), '+');
  gdb.interrupt();
  const second = gdb.resume('vCont;c:1');
  t.equal(await until('#13'), '$vCont;c:1#13', 'a machine that is stopped is not interrupted');
  gdb.interrupt();
  t.equal(await until('\x03'), '\x03');
  say('+$T02thread:01;#04');
  t.same(await second, { signal: 2, thread: 1 });
});

t.test('no answer, a machine that does not stop, a damaged packet, the end', async t => {
  const silent = await session(t, 20);
  await t.rejects(silent.gdb.ask('p0'), { code: 'infra', message: /no answer to p0 within 20 ms/ });
  await t.rejects(silent.gdb.ask('p1'), { message: /no answer to p0/ }, 'it is over then');

  const going = await session(t, 20);
  const stop = going.gdb.resume('vCont;c');
  going.gdb.interrupt();
  await t.rejects(stop, { code: 'infra', message: /does not stop within 20 ms/ });

  const stepping = await session(t, 20);
  await t.rejects(stepping.gdb.step('vCont;s:1'), {
    code: 'infra',
    message: /vCont;s:1 does not end within 20 ms/,
  });
  const stepped = await session(t, 20);
  const one = stepped.gdb.step('vCont;s:1');
  await stepped.until('#23');
  stepped.say('+$T05thread:01;#07');
  t.same(await one, { signal: 5, thread: 1 });
  await new Promise(resolve => setTimeout(resolve, 40));
  const after = stepped.gdb.resume('vCont;c');
  await stepped.until('#a8');
  stepped.say('+$T05thread:01;#07');
  t.same(await after, { signal: 5, thread: 1 }, 'its time is not that of what follows');

  const damaged = await session(t);
  const answer = damaged.gdb.ask('p0');
  await damaged.until('#a0');
  damaged.say('+$00#00');
  await t.rejects(answer, { code: 'infra', message: /damaged/ });

  const ended = await session(t);
  const open = ended.gdb.resume('vCont;c');
  await ended.until('#a8');
  ended.stub.destroy();
  await t.rejects(open, { code: 'infra', message: /closed the connection/ });
});
