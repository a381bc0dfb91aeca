import type { Command } from 'commander';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { REPORTERS } from '../../report/registry.ts';
import { program } from '../program.ts';
import { WORD_KINDS } from '../words.ts';
import { completions, valueName } from './complete.ts';
import { VALUES } from './values.ts';

const dir = mkdtempSync(join(tmpdir(), 'bpfrig-complete-'));
for (const folder of ['suite/deep', 'runs', '.hidden']) mkdirSync(join(dir, folder), { recursive: true });
for (const file of [
  'suite/one.yaml',
  'suite/two.ts',
  'suite/fw.bpf.c',
  'suite/fw.o',
  'vmlinux',
  'image.deb',
  'a b.yaml',
])
  writeFileSync(join(dir, file), '');
const before = process.cwd();
process.chdir(dir);
t.teardown(() => {
  process.chdir(before);
  rmSync(dir, { recursive: true });
});

async function values(...words: readonly string[]): Promise<string[]> {
  return (await completions(program(), words)).map(({ value }) => value);
}

t.test('commands, and theirs', async t => {
  const all = await values('');
  for (const name of ['run', 'report', 'completion', 'help']) t.ok(all.includes(name), name);
  t.notOk(all.includes('complete'), 'not what only shells ask');
  t.same(await values('rep'), ['report']);
  t.ok((await values('kernels', '')).includes('fetch'));
  t.same(await values('run', 'nothing-like-it'), []);
});

t.test('options, their choices, and a value behind =', async t => {
  t.same(await values('report', '--hist'), ['--history']);
  t.ok((await values('run', '--')).includes('--kernel'));
  t.same((await values('run', '--accel', '')).slice(0, 3), ['auto', 'kvm', 'tcg']);
  t.same(await values('run', '--accel=k'), ['--accel=kvm']);
  t.same(await values('run', '--jobs', ''), [], 'a number');
  t.ok((await values('run', '--jobs', '2', '')).includes('suite/'), 'behind the number');
  t.same(await values('run', '--accel', 'kvm', 'su'), ['suite/'], 'the value is not taken for a path');
});

t.test('kernels, reporters, words', async t => {
  const kernels = await values('run', '--kernel', '');
  for (const text of ['6.12', '6.12-rt', 'all', 'path:', 'tree:', 'deb:', 'rpm:'])
    t.ok(kernels.includes(text), text);
  t.same(await values('exec', '--kernel', 'path:vml'), ['path:vmlinux']);
  t.same(await values('run', '--kernel=tree:ru'), ['--kernel=tree:runs/']);
  t.same(await values('run', '--kernel=tree:vml'), [], 'a tree is a folder');
  t.same(await values('run', '--kernel', 'tree:suite+ka'), ['tree:suite+kasan'], 'a word of a variant');
  t.same(await values('run', '--kernel', 'tree:suite+guest,gc'), ['tree:suite+guest,gcov=']);
  t.same(
    await values('run', '--kernel', 'tree:suite+gcov=f'),
    ['tree:suite+gcov=fw.bpf.c'],
    "the tree's sources",
  );
  t.same(await values('run', '--kernel', 'deb:'), ['deb:image.deb', 'deb:runs/', 'deb:suite/']);
  t.same(await values('run', '--kernel', 'rpm:i'), [], 'only of its format');
  t.same(await values('run', '--kernel', 'deb:x.deb,im'), ['deb:x.deb,image.deb'], 'the last of several');
  t.same(await values('report', '--reporter', ''), Object.keys(REPORTERS));
  t.same(await values('report', '--reporter', 'html:vml'), ['html:vmlinux']);
  t.same(await values('list', ''), Object.keys(WORD_KINDS));
  t.same(await values('explain', 'live-fr'), ['live-frames']);
});

t.test('files, by what the argument is', async t => {
  t.same(await values('run', ''), ['a b.yaml', 'runs/', 'suite/'], 'scenarios and folders, nothing hidden');
  t.same(await values('run', 'suite/'), ['suite/deep/', 'suite/one.yaml', 'suite/two.ts']);
  t.same(await values('run', 'suite/one.yaml', 'suite/t'), ['suite/two.ts'], 'several');
  t.same(await values('load', 'suite/f'), ['suite/fw.bpf.c', 'suite/fw.o']);
  t.same(await values('report', 'r'), ['runs/'], 'a folder');
  t.same(await values('run', '.h'), ['.hidden/'], 'hidden where it is asked for');
  t.same(await values('run', 'no/where'), []);
  t.same(await values('bisect', 'suite/one.yaml', ''), [], 'no more arguments');
});

t.test("nothing behind --: that is the guest's", async t => {
  t.same(await values('exec', '--kernel', '6.12', '--', ''), []);
});

t.test('every kind of value in the tree of commands is known, and no other', async t => {
  const used = new Set<string>();
  const visit = (command: Command): void => {
    for (const one of [...command.options, ...command.registeredArguments])
      if (one.argChoices === undefined) used.add(valueName(one));
    command.commands.filter(one => one.name() !== 'complete').forEach(visit);
  };
  visit(program());
  used.delete('');
  t.same(Object.keys(VALUES).toSorted(), [...used].toSorted());
});
