import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { makeWorkspace } from '../util/workspace.ts';
import { INHERITED, inheritedPath } from './inherited.ts';
import { admitToFolder, openMachineFiles } from './machine-files.ts';
import { confine, privilegeFacts, qemuUser } from './privileges.ts';

// What QEMU may do with its files is decided by the kernel: a shell that is confined as QEMU is tries it.

const user = qemuUser(privilegeFacts());

/** A kernel, an initramfs and the RAM of a template, closed to others, in a closed folder. */
async function machine(t: Test) {
  const workspace = await makeWorkspace();
  t.teardown(() => workspace[Symbol.asyncDispose]());
  const home = join(workspace.dir, 'home');
  const cache = join(home, 'bpfrig');
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  process.env['XDG_CACHE_HOME'] = home;
  const [image, initrd, ram] = ['image', 'initrd', 'ram'].map(name => {
    const path = join(cache, name);
    writeFileSync(path, name, { mode: 0o600 });
    return path;
  }) as [string, string, string];
  const dir = join(workspace.dir, 'machine');
  mkdirSync(dir, { mode: 0o700 });
  return { dir, ram, spec: { image, initrd, memoryMiB: 1 }, console: join(dir, 'console.log') };
}

function asQemu(script: string, cwd: string, descriptors: readonly number[]): string {
  const [program, ...words] = confine(user, 'tcg', 1_000);
  const { stdout, stderr } = spawnSync(program, [...words, 'sh', '-c', script], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe', ...descriptors],
    encoding: 'utf8',
  });
  return `${stdout}${stderr}`.trim();
}

t.test('the RAM of a template in the making is written, that of a clone is only read', async t => {
  const { dir, ram, spec, console } = await machine(t);
  const write = `echo changed > ${inheritedPath('ram')}`;
  {
    using files = openMachineFiles(spec, { kind: 'shared', path: ram }, console, user);
    t.equal(files.descriptors.length, 4);
    t.equal(statSync(ram).size, 1024 * 1024, 'as large as the guest, so that QEMU need not make it longer');
    t.equal(asQemu(write, dir, files.descriptors), '');
  }
  t.equal(readFileSync(ram, 'utf8'), 'changed\n');
  using files = openMachineFiles(spec, { kind: 'private', path: ram, writable: false }, console, user);
  t.equal(asQemu(`cat ${inheritedPath('ram')}`, dir, files.descriptors), 'changed');
  if (user === null) return;
  t.match(asQemu(write, dir, files.descriptors), 'Permission denied');
  using old = openMachineFiles(spec, { kind: 'private', path: ram, writable: true }, console, user);
  t.equal(asQemu(write, dir, old.descriptors), '', 'for a QEMU that cannot do without');
});

t.test('QEMU reads its kernel and writes its console, which no folder lets it reach', async t => {
  const { dir, spec, console } = await machine(t);
  await admitToFolder(dir, user);
  using files = openMachineFiles(spec, { kind: 'anonymous' }, console, user);
  const read = `cat ${inheritedPath('image')} ${inheritedPath('initrd')}; echo hello >&${INHERITED.console}`;
  t.equal(asQemu(read, dir, files.descriptors), 'imageinitrd');
  t.equal(readFileSync(console, 'utf8'), 'hello\n');
  if (user === null) return;
  t.match(asQemu(`cat ${spec.image}`, dir, files.descriptors), 'Permission denied');
});

t.test('in its folder QEMU makes sockets, and replaces nothing; no other user gets in', async t => {
  const { dir, spec, console } = await machine(t);
  await admitToFolder(dir, user);
  using files = openMachineFiles(spec, { kind: 'anonymous' }, console, user);
  t.equal(asQemu('mkdir qmp && rmdir qmp', dir, files.descriptors), '');
  t.equal(statSync(dir).mode & 0o007, 0);
  if (user === null) return;
  t.match(asQemu('rm -f console.log', dir, files.descriptors), 'Operation not permitted');
  t.match(asQemu('ln -sfT /etc/shadow console.log', dir, files.descriptors), 'Operation not permitted');
});

t.test('the console has a limit', async t => {
  const { dir, spec, console } = await machine(t);
  using files = openMachineFiles(spec, { kind: 'anonymous' }, console, user);
  asQemu(`head -c 5000 /dev/zero >&${INHERITED.console}`, dir, files.descriptors);
  t.equal(statSync(console).size, 1_000);
});

t.test(
  'a kernel of the user’s that QEMU may not read is an error with a remedy, and keeps its mode',
  async t => {
    if (user === null) return;
    const { spec, console } = await machine(t);
    const image = join(t.testdir(), 'vmlinux');
    writeFileSync(image, 'image', { mode: 0o600 });
    const open = () => openMachineFiles({ ...spec, image }, { kind: 'anonymous' }, console, user);
    t.throws(open, { code: 'infra', message: /may not read .*chmod o\+r/ });
    t.equal(statSync(image).mode & 0o777, 0o600);
  },
);

t.test('a file that is gone is the host’s fault', async t => {
  const { spec, console } = await machine(t);
  const open = () => openMachineFiles({ ...spec, initrd: '/no/such' }, { kind: 'anonymous' }, console, user);
  t.throws(open, { code: 'infra', message: /ENOENT/ });
});
