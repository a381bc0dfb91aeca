import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { buildId, checkVmlinux, debugVmlinux } from './debug-vmlinux.ts';

/** A program with a build id in `.notes`, as a kernel has it. */
function compile(dir: string, name: string, ...flags: string[]): string {
  const source = join(dir, 'v.c');
  const script = join(dir, 'v.lds');
  writeFileSync(source, 'int _start(void) { return 0; }\n');
  writeFileSync(script, 'SECTIONS { .text : { *(.text*) } .notes : { *(.note.*) } }\n');
  const out = join(dir, name);
  const link = ['-nostdlib', '-static', '-Wl,--build-id=sha1', `-Wl,-T,${script}`];
  execFileSync('gcc', [...flags, ...link, source, '-o', out]);
  return out;
}

t.test('a vmlinux with debug information is found next to the image, and at the root of a tree', async t => {
  const dir = t.testdir();
  const boot = join(dir, 'arch', 'x86', 'boot');
  mkdirSync(boot, { recursive: true });
  const given = join(boot, 'bzImage');
  writeFileSync(given, 'no ELF file');
  const kernel = { release: '0.0-nobody', given, image: given };
  t.equal(await debugVmlinux(kernel), null);
  compile(dir, 'vmlinux');
  t.equal(await debugVmlinux(kernel), null, 'one without debug information is of no use');
  const whole = compile(dir, 'vmlinux', '-g');
  t.equal(await debugVmlinux(kernel), whole);
  t.equal(await debugVmlinux({ ...kernel, given: whole }), whole, 'the image itself');
});

t.test('a vmlinux that is named has to be that of the guest', async t => {
  const dir = t.testdir();
  const plain = compile(dir, 'plain');
  const whole = compile(dir, 'whole', '-g', '-O2');
  const notes = (path: string): Buffer => {
    execFileSync('objcopy', ['-O', 'binary', '--only-section=.notes', path, join(dir, 'notes')]);
    return execFileSync('cat', [join(dir, 'notes')]);
  };
  t.match(buildId(notes(whole)), /^[0-9a-f]{40}$/);
  await t.resolves(checkVmlinux(whole, notes(whole)));
  await t.resolves(checkVmlinux(whole, null), 'a kernel without notes is believed');
  const other = Buffer.from(notes(whole));
  other.writeUInt8(other.readUInt8(other.length - 1) ^ 1, other.indexOf('GNU') + 4);
  await t.rejects(checkVmlinux(whole, other), {
    code: 'usage',
    message: /is of another kernel: its build id is/,
  });
  await t.rejects(checkVmlinux(plain, null), {
    code: 'usage',
    message: /no ELF file with debug information/,
  });
  await t.rejects(checkVmlinux(join(dir, 'absent'), null), { code: 'usage', message: /there is no file/ });
});

t.test('the notes of a big-endian kernel', async t => {
  const id = 'ab'.repeat(20);
  const notes = Buffer.from(`000000040000001400000003474e5500${id}`, 'hex');
  t.equal(buildId(notes), id);
  t.equal(buildId(notes.subarray(4)), null);
});
