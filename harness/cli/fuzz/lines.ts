import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LineSplitter } from '../../util/line-splitter.ts';
import { Qmp } from '../../vm/qmp.ts';

/** What a QEMU says first, and after the first command: with it a session stands. */
const GREETING = '{"QMP": {"version": {}, "capabilities": []}}\n';
const READY = '{"return": {}, "id": 1}\n';

/** Feeds a QMP session with what a QEMU says before it closes the connection: from its first word on, and while two commands are open. */
export async function readQmpLines(input: Buffer): Promise<void> {
  await sessionWith(qemu => void qemu.end(input));
  await sessionWith(qemu => {
    qemu.write(GREETING);
    qemu.once('data', () => {
      qemu.write(READY);
      qemu.once('data', () => void qemu.end(input));
    });
  });
}

async function sessionWith(say: (qemu: Socket) => void): Promise<void> {
  // Not below the project: a socket's path has at most 107 bytes.
  const folder = mkdtempSync(join(tmpdir(), 'bpfrig-fuzz-'));
  const server = createServer(qemu => {
    qemu.on('error', () => undefined);
    qemu.resume();
    say(qemu);
  });
  try {
    const path = join(folder, 'qmp');
    await once(server.listen(path), 'listening');
    const options = { timeoutMs: 60_000, answerMs: 60_000, alive: () => false };
    // A refusal is what most inputs must get; anything else that is thrown is a finding.
    const qmp = await Qmp.connect(path, options);
    await Promise.allSettled([qmp.execute('query-status'), qmp.human('info registers -a')]);
    qmp.close();
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
}

/** Longest line here, in bytes. */
const MOST = 100;

/** Splits the input into lines, in parts whose sizes come from the input itself. Throws when lines depend on the parts, or on their limit. */
export function readInParts(input: Buffer): void {
  const whole = input.toString().split('\n');
  const expected = whole.slice(0, -1).map(line => line.replace(/\r$/, ''));
  const tooLong = input
    .toString('latin1')
    .split('\n')
    .some(line => line.length > MOST);
  const splitter = new LineSplitter(MOST);
  const lines: string[] = [];
  try {
    for (let from = 0; from < input.length;) {
      const to = from + 1 + ((input[from] ?? 0) % 11);
      lines.push(...splitter.push(input.subarray(from, to)));
      from = to;
    }
  } catch (error) {
    if (error instanceof RangeError && tooLong) return;
    throw error;
  }
  if (tooLong) throw new Error('a line that is too long was taken');
  if (JSON.stringify(lines) !== JSON.stringify(expected)) throw new Error('lines depend on their parts');
  const pending = input.length - 1 - input.lastIndexOf(0x0a);
  if (splitter.pendingBytes !== pending)
    throw new Error(`${splitter.pendingBytes} bytes are pending instead of ${pending}`);
}
