// A QEMU for the fault suite: `node fake-qemu.mjs QEMU MODE... -- is followed by QEMU's own arguments`. It imports nothing of bpfrig,
// since it is copied to where an ordinary user may read it (Place.fakeQemu).
//   silent | mute                        plays a QEMU that opens its sockets and says nothing, or opens none
//   garbage                              opens its sockets and says what is no QMP
//   flood                                the real one; 100 MB of text go into its console
//   qmp|agent DAMAGE AFTER               the real one, with its QMP or its agent's channel damaged after so many messages of it
import { spawn } from 'node:child_process';
import { openSync, readlinkSync, writeSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';

type Damage =
  | 'close'
  | 'half-line'
  | 'half-line-close'
  | 'silence'
  | 'long-line'
  | 'long-message'
  | 'binary'
  | 'wrong-ids'
  | 'no-ids'
  | 'null'
  | 'array'
  | 'number'
  | 'text'
  | 'error-text'
  | 'refuse'
  | 'twice';

const [qemu = '', mode = '', ...rest] = process.argv.slice(2);
const LONG = 10_000_000;
const IDLE = 2 ** 30;
/** First descriptor after the standard ones. */
const INHERITED = 3;

switch (mode) {
  case 'mute':
    setTimeout(() => undefined, IDLE);
    break;
  case 'silent':
    play(rest, () => undefined);
    break;
  case 'garbage':
    play(
      rest,
      socket => void socket.write(Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 7) % 256))),
    );
    break;
  case 'flood':
    flood(rest);
    break;
  default: {
    const [damage = '', after = '0', ...args] = rest;
    proxy(mode, damage as Damage, Number(after), args);
  }
}

/** The path in `-chardev socket,id=ID,path=PATH,…` or `-chardev file,…`. */
function pathOf(args: readonly string[], id: string): string {
  return new RegExp(`id=${id},path=([^,]*)`).exec(args.join('\n'))?.[1] ?? '';
}

function play(args: readonly string[], greet: (socket: Socket) => void): void {
  for (const id of ['qmp', 'agent']) createServer(greet).listen(pathOf(args, id));
}

function start(args: readonly string[]): void {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', qemu, ...args], {
    // With the descriptors that bpfrig hands to QEMU.
    stdio: ['ignore', 'ignore', 'inherit', ...inherited()],
  });
  child.on('exit', (code, signal) => {
    if (signal !== null) process.kill(process.pid, signal);
    process.exit(code ?? 1);
  });
}

function inherited(): number[] {
  const candidates = Array.from({ length: 6 }, (_, at) => INHERITED + at);
  const first = candidates.findIndex(descriptor => !isFile(descriptor));
  return candidates.slice(0, first < 0 ? undefined : first);
}

/** Node's own descriptors are sockets, pipes and the like; those that QEMU inherits are files. */
function isFile(descriptor: number): boolean {
  try {
    return /^\/(?!dev\/)/.test(readlinkSync(`/proc/self/fd/${descriptor}`));
  } catch {
    return false;
  }
}

function flood(args: readonly string[]): void {
  start(args);
  const line = `${'flood '.repeat(170)}\n`;
  const megabyte = line.repeat(1_000);
  // A console that QEMU inherits is its first descriptor: `-chardev file,id=console,path=/dev/fdset/1`.
  const path = pathOf(args, 'console');
  const console = path.startsWith('/dev/fdset') ? INHERITED : openSync(path, 'a');
  let left = 100;
  const timer = setInterval(() => {
    left -= write(console, megabyte) ? 1 : left;
    if (left === 0) clearInterval(timer);
  }, 5);
}

/** Returns whether there was room: bpfrig limits what a console may hold. */
function write(descriptor: number, text: string): boolean {
  try {
    return writeSync(descriptor, text) > 0;
  } catch {
    return false;
  }
}

function proxy(channel: string, damage: Damage, after: number, args: readonly string[]): void {
  const path = pathOf(args, channel);
  start(args.map(arg => arg.replace(`id=${channel},path=${path},`, `id=${channel},path=${path}r,`)));
  createServer(client => dial(`${path}r`, real => join(client, real, damage, after))).listen(path);
}

/** QEMU makes its socket a moment after it was started. */
function dial(path: string, use: (socket: Socket) => void): void {
  const socket = connect(path);
  socket.once('connect', () => use(socket));
  socket.once('error', () => setTimeout(() => dial(path, use), 5));
}

function join(client: Socket, real: Socket, damage: Damage, after: number): void {
  client.pipe(real);
  for (const [one, other] of [
    [client, real],
    [real, client],
  ] as const) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
  }
  let seen = 0;
  let rest = '';
  let over = false;
  real.on('data', data => {
    const lines = (rest + data.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      // Heartbeats come when they like: only answers count.
      if (line.includes('"id"')) seen += 1;
      if (over) continue;
      if (seen <= after) client.write(`${line}\n`, 'latin1');
      else over = spoil(client, line, damage);
    }
  });
}

/** Says something else instead of a line; returns whether nothing more is to be said. */
function spoil(client: Socket, line: string, damage: Damage): boolean {
  const say = (text: string): boolean => {
    client.write(text, 'latin1');
    return false;
  };
  const id = /"id": ?(\d+)/.exec(line)?.[1];
  switch (damage) {
    case 'close':
      client.destroy();
      return true;
    case 'half-line-close':
      client.end(line.slice(0, line.length / 2));
      return true;
    case 'half-line':
      say(line.slice(0, line.length / 2));
      return true;
    case 'silence':
      return true;
    case 'long-line':
      say('x'.repeat(LONG));
      return true;
    case 'long-message':
      return say(`{"x": "${'x'.repeat(LONG)}"}\n`);
    case 'binary':
      return say(`${String.fromCharCode(...Array.from({ length: 256 }, (_, at) => at))}\n`);
    case 'wrong-ids':
      return say(`${line.replace(/("id": ?)\d+/, '$1999999999999')}\n`);
    case 'no-ids':
      return say(`${line.replace(/"id": ?\d+,? ?/, '')}\n`);
    case 'null':
      return say('null\n');
    case 'array':
      return say('[1, 2, 3]\n');
    case 'number':
      return say('42\n');
    case 'text':
      return id === undefined ? say(`${line}\n`) : say(`{"id": ${id}, "return": "text", "ok": "text"}\n`);
    case 'error-text':
      return id === undefined ? say(`${line}\n`) : say(`{"id": ${id}, "error": "text"}\n`);
    case 'refuse':
      return id === undefined
        ? say(`${line}\n`)
        : say(`{"id": ${id}, "error": {"desc": "refused", "class": "GenericError"}}\n`);
    case 'twice':
      return say(`${line}\n${line}\n`);
  }
}
