import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { BOTH_ENDS } from '../model/topology.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';
import { makeWorkspace } from '../util/workspace.ts';
import type { GuestSpec } from './spec.ts';

// What the real QEMU never does is done by a program in its place; real guests are lost in cli/lost-guest.guest.test.ts.

// Silence is waited for, longer on a loaded host.
t.setTimeout(240_000);

process.env['BPFRIG_QEMU'] = join(PACKAGE_ROOT, 'harness', 'vm', 'testdata', 'fake-qemu.mjs');
// The program is chosen when the module is loaded.
const { cloneVm, StateRefusedError } = await import('./start.ts');

const SPEC: Omit<GuestSpec, 'image' | 'initrd'> = {
  arch: 'amd64',
  topology: 'none',
  ends: BOTH_ENDS,
  queues: 1,
  cpus: 1,
  maxCpus: 1,
  memoryMiB: 128,
  accel: 'tcg',
  parallel: false,
  append: [],
};

async function start(mode: string, signal?: AbortSignal): Promise<unknown> {
  process.env['FAKE_QEMU'] = mode;
  await using workspace = await makeWorkspace();
  const [image, initrd, ram, state] = ['image', 'initrd', 'ram', 'state'].map(name => {
    const path = join(workspace.dir, name);
    writeFileSync(path, name);
    return path;
  }) as [string, string, string, string];
  const dir = join(workspace.dir, 'machine');
  mkdirSync(dir);
  if (mode === 'no-state') rmSync(state);
  const spec = { ...SPEC, image, initrd };
  return await cloneVm(spec, { ram, state }, { dir, signal }).catch((error: unknown) => error);
}

async function inTime(t: Test, mode: string, mostMs: number): Promise<unknown> {
  const began = performance.now();
  const error = await start(mode);
  const ms = Math.round(performance.now() - began);
  t.ok(ms < mostMs, `${mode}: ${ms} ms`);
  return error;
}

for (const [mode, message] of [
  ['garbage', /does not speak QMP/],
  ['long', /does not speak QMP: a line of more than/],
  ['wrong-id', /does not speak QMP: an answer to no command/],
  ['closes', /closed the connection/],
  ['killed', /signal SIGKILL/],
  ['holds-stderr', /signal SIGKILL/],
] as const) {
  t.test(`a QEMU in mode ${mode} is the host's fault, at once`, async t => {
    t.match(await inTime(t, mode, 6_000), { code: 'infra', message });
  });
}

t.test('a QEMU that refuses to start may have a template that is damaged', async t => {
  const error = await inTime(t, 'refuses', 6_000);
  t.ok(error instanceof StateRefusedError);
  t.match(error, { code: 'infra', message: /exit code 1 .*invalid option/, detail: /invalid option/ });
});

t.test('a template whose file is gone may be damaged', async t => {
  const error = await inTime(t, 'no-state', 6_000);
  t.ok(error instanceof StateRefusedError);
  t.match(error, { code: 'infra', message: /ENOENT/ });
});

t.test('an abort ends a QEMU that says nothing', async t => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 300);
  const began = performance.now();
  t.match(await start('silent', controller.signal), { code: 'infra' });
  t.ok(performance.now() - began < 5_000);
});

for (const mode of ['silent', 'half', 'no-socket']) {
  t.test(`a QEMU in mode ${mode} is given up in time`, async t => {
    t.match(await inTime(t, mode, 30_000), {
      code: 'infra',
      message: /^QMP: QEMU (?:did not answer|made no socket)/,
    });
  });
}
