#!/usr/bin/env node
// A program in the place of QEMU that misbehaves as FAKE_QEMU says. `--version` is that of a QEMU.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

const mode = process.env.FAKE_QEMU;
const forever = () => setInterval(() => undefined, 1 << 30);

if (process.argv.includes('--version')) {
  if (mode === 'version-hangs') forever();
  else console.log('QEMU emulator version 10.0.2 (fake)');
} else {
  const chardev = process.argv.find(word => word.startsWith('socket,id=qmp,')) ?? '';
  const path = /path=([^,]*)/.exec(chardev)?.[1];
  const greeting = '{"QMP": {"version": {}, "capabilities": []}}\n';
  const first = {
    silent: () => undefined,
    garbage: socket => socket.write('SSH-2.0-OpenSSH_9.2\n'),
    half: socket => socket.write(greeting.slice(0, 10)),
    long: socket => socket.write('x'.repeat(20 << 20)),
    'wrong-id': socket => socket.write(`${greeting}{"return": {}, "id": 4711}\n`),
    closes: socket => socket.destroy(),
  }[mode];
  if (first !== undefined) createServer(socket => first(socket.on('error', () => undefined))).listen(path);
  else if (mode === 'refuses') {
    console.error('qemu: -action: invalid option');
    process.exitCode = 1;
  } else if (mode === 'killed') process.kill(process.pid, 'SIGKILL');
  // What it starts keeps stderr open.
  else if (mode === 'holds-stderr') {
    spawn('sleep', ['600'], { stdio: ['ignore', 'ignore', 'inherit'] });
    process.kill(process.pid, 'SIGKILL');
  } else forever();
}
