import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { loadReport, refused, sized } from '../report/load.fixture.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';

// What is found out before a guest boots, by the real program.

t.setTimeout(120_000);
const MAIN = join(PACKAGE_ROOT, 'dist', 'cli', 'main.js');

function bpfrig(cwd: string, ...args: string[]) {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', cwd });
}

t.test('mistakes end with 2 and what to do, before a guest boots', async t => {
  const dir = t.testdir({
    'wrong.bpf.c': '#include "mine.h"\n',
    'empty.bpf.c': 'int x;\n',
    objects: { 'a.o': 'text' },
  });
  for (const [args, code, message] of [
    [['none.o'], 2, /none\.o: no such file or folder/],
    [['wrong.bpf.c'], 2, /wrong\.bpf\.c does not compile with clang: .*'mine\.h' file not found \(.*--cflag/],
    [['wrong.bpf.c', '--kernel', '1.0'], 2, /1\.0/],
    [['empty.bpf.c'], 4, /nothing to load: the objects hold no program/],
    [['objects'], 4, /1 files are not for BPF.*nothing to load/s],
    [['empty.bpf.c', '--memory', '1'], 2, /from 128 to 65536/],
    [['empty.bpf.c', '--jobs', '0'], 2, /whole number/],
  ] as const) {
    const { status, stderr } = bpfrig(dir, 'load', ...args);
    t.equal(status, code, args.join(' '));
    t.match(stderr, message, args.join(' '));
  }
});

t.test('compare takes two files of load --json', async t => {
  const dir = t.testdir({});
  const report = (name: string, insns: number): string => {
    const text = JSON.stringify(loadReport([sized('6.12', 'filter', insns), refused('7.3', 'drop')]));
    writeFileSync(join(dir, name), text);
    return name;
  };
  const [a, b] = [report('a.json', 100), report('b.json', 120)];
  t.equal(bpfrig(dir, 'compare', a, b).status, 0, 'without a limit');
  const grown = bpfrig(dir, 'compare', a, b, '--max-insns-growth', '10%');
  t.equal(grown.status, 1);
  t.match(grown.stdout, /grew more than allowed: 1\n {2}fw\.bpf\.o filter on 6\.12: 100 → 120 \(\+20\.0 %\)/);
  t.equal(bpfrig(dir, 'compare', a, b, '--max-insns-growth', '20').status, 0);
  t.match(JSON.parse(bpfrig(dir, 'compare', a, b, '--json').stdout), { resized: [{ percent: 20 }] });
  for (const [args, message] of [
    [[a], /compared with another/],
    [[a, 'none.json'], /none\.json cannot be read/],
    [[a, dir], /cannot be read/],
    [[a, b, '--max-insns-growth', 'much'], /percentage/],
    [[dir, dir, '--max-insns-growth', '10'], /two files of load --json/],
  ] as const) {
    const { status, stderr } = bpfrig(dir, 'compare', ...args);
    t.equal(status, 2, stderr);
    t.match(stderr, message);
  }
  writeFileSync(join(dir, 'other.json'), readFileSync(join(PACKAGE_ROOT, 'package.json')));
  t.match(bpfrig(dir, 'compare', a, 'other.json').stderr, /other\.json is not a report of bpfrig load/);
});
