import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import type { ScenarioObject } from '../scenario/scenario.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';
import { indexPrograms } from './programs.ts';

const HEAD = '#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n';

function program(name: string): string {
  return `SEC("xdp") int ${name}(struct xdp_md *ctx) { return XDP_PASS; }\n`;
}

function declaration(name: string, entries: number): string {
  return `struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, ${entries}); __type(key, int); __type(value, int); } ${name} SEC(".maps");\n`;
}

/** An index of sources that are written here, with the stock programs. */
async function indexOf(t: Test, sources: Readonly<Record<string, string>>) {
  const dir = t.testdir(
    Object.fromEntries(Object.entries(sources).map(([file, text]) => [file, HEAD + text])),
  );
  const objects = Object.keys(sources).map((label): ScenarioObject => {
    return { name: label.replace(/\..*/, ''), label, path: join(dir, label), cflags: [], dir };
  });
  return indexPrograms({ objects }, { arch: 'amd64', cacheDir: join(dir, 'cache') });
}

t.test("a program is found in its object; a scenario's hides a stock one of the same name", async t => {
  const index = await indexOf(t, { 'mine.bpf.c': program('mine') + program('xdp_pass') });
  t.match(index.find('mine').object, { name: 'mine', own: true });
  t.match(index.find('xdp_pass').object, { name: 'mine', own: true });
  const stock = index.find('entry_redirect_next');
  t.match(stock.object, { name: 'stock', own: false, load: { object: '/bpf/stock.bpf.o' } });
  t.strictSame(stock.program.maps, ['next'], 'a stock program uses its own maps only');
});

t.test("an unknown name: the nearest one, and the scenario's own programs before the stock ones", async t => {
  const index = await indexOf(t, { 'mine.bpf.c': program('steer_by_port') });
  const message = (name: string): string => {
    try {
      index.find(name);
    } catch (error) {
      return (error as Error).message;
    }
    return 'found';
  };
  t.match(
    message('steer_by_prot'),
    /^no program `steer_by_prot`, did you mean `steer_by_port`\?; mine\.bpf\.c: steer_by_port; stock programs: redirect_to_cpu/,
  );
  t.match(
    message('redirect_to_cpus'),
    /did you mean `redirect_to_cpu`\?; mine\.bpf\.c: steer_by_port; stock/,
  );
});

t.test('the same program in two objects needs the name of one of them', async t => {
  const index = await indexOf(t, {
    'one.bpf.c': program('same') + program('only'),
    'two.c': program('same'),
  });
  const message = 'program `same` is in one.bpf.c and two.c: write `one.same` or `two.same`';
  t.throws(() => index.find('same'), { code: 'scenario', message });
  t.match(index.find('two.same').object, { name: 'two' });
  t.match(index.find('one.only').object, { name: 'one' });
  t.throws(() => index.find('one.onyl'), {
    code: 'scenario',
    message: 'no program `one.onyl`, did you mean `only`?; one.bpf.c: same, only',
  });
  t.throws(() => index.object('tow'), { message: /no object `tow`, did you mean `two`\?.*one, two/ });
});

t.test('a map of two objects is one map when they declare it alike', async t => {
  const alike = { 'a.c': declaration('m', 4) + program('a'), 'b.c': declaration('m', 4) + program('b') };
  t.match((await indexOf(t, alike)).declared('m'), { object: { name: 'a' }, map: { maxEntries: 4 } });
  const differing = { ...alike, 'b.c': declaration('m', 5) + program('b') };
  const index = await indexOf(t, differing);
  t.throws(() => index.declared('m'), {
    code: 'scenario',
    message: /`m` is declared differently in a\.c and b\.c: write `a\.m` or `b\.m`/,
  });
  t.match(index.declared('b.m'), { object: { name: 'b' }, map: { maxEntries: 5 } });
  t.equal(index.declared('cpus'), null, "the stock object's maps are places, not declarations");
});

t.test('a legacy map is refused before any guest starts', async t => {
  const path = join(PACKAGE_ROOT, 'harness', 'object', 'testdata', 'legacy.bpf.c');
  const text = readFileSync(path, 'utf8').replace(/#include .*\n/g, '');
  const index = indexOf(t, { 'legacy.bpf.c': text });
  await t.rejects(index, {
    code: 'scenario',
    message: /legacy\.bpf\.c: map `OLD_MAP` is declared in section `maps`/,
  });
});
