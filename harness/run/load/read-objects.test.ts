import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { cacheRoot } from '../../util/paths.ts';
import { createdMaps, slotPrograms } from './needed-maps.ts';
import { readObjects, type ReadObjects } from './read-objects.ts';
import { splitWork } from './split-work.ts';

t.setTimeout(120_000);

const INCLUDES = '#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n';

const TAIL = `${INCLUDES}
struct inner { __uint(type, BPF_MAP_TYPE_ARRAY); __type(key, int); __type(value, int); __uint(max_entries, 1); } first SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); __type(key, int); __uint(max_entries, 2); __array(values, struct inner); }
  outer SEC(".maps") = { .values = { [0] = &first } };
struct { __uint(type, BPF_MAP_TYPE_HASH); __type(key, int); __type(value, int); __uint(max_entries, 1); } unused SEC(".maps");
int last(struct xdp_md *ctx);
struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(key_size, 4); __uint(max_entries, 2); __array(values, int(void *)); }
  jumps SEC(".maps") = { .values = { [1] = (void *)&last } };
SEC("xdp") int last(struct xdp_md *ctx) { int k = 0; return bpf_map_lookup_elem(&outer, &k) ? 1 : 2; }
SEC("?xdp") int start(struct xdp_md *ctx) { bpf_tail_call(ctx, &jumps, 1); return 2; }
char _license[] SEC("license") = "GPL";
`;

const LEGACY = `${INCLUDES}
struct bpf_map_def { unsigned type, key_size, value_size, max_entries, flags; };
struct bpf_map_def SEC("maps") old = { .type = 1, .key_size = 4, .value_size = 4, .max_entries = 1 };
SEC("xdp") int p(struct xdp_md *ctx) { int k = 0; return bpf_map_lookup_elem(&old, &k) ? 1 : 2; }
`;

async function read(
  t: Test,
  files: Readonly<Record<string, string>>,
  ...cflags: string[]
): Promise<ReadObjects> {
  const dir = t.testdir({});
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  const found = Object.keys(files).map(name => ({
    name,
    path: join(dir, name),
    named: !name.startsWith('found'),
  }));
  return readObjects(found, { cflags, dir, cacheDir: cacheRoot(), arch: 'amd64' as const, jobs: 2 });
}

t.test('an object with what its programs need', async t => {
  const { objects, rows } = await read(t, { 'tail.bpf.c': TAIL });
  t.match(rows, [
    { file_name: 'tail.bpf.c', problem: null, programs: [{ prog_name: 'last' }, { prog_name: 'start' }] },
  ]);
  t.match(rows[0]?.programs[1], { section: '?xdp', autoload: false });
  const [object] = objects;
  const named = (name: string) => object?.contents.programs.find(one => one.name === name);
  const [last, start] = [named('last'), named('start')];
  if (object === undefined || last === undefined || start === undefined) return t.fail('programs');
  t.strictSame(
    createdMaps(object.contents, last).toSorted(),
    ['first', 'outer'],
    'the inner map too, and no other',
  );
  t.strictSame(createdMaps(object.contents, start), ['jumps']);
  t.strictSame(slotPrograms(object.contents, start), ['last']);
  t.strictSame(slotPrograms(object.contents, last), []);
  const pieces = splitWork([{ object, programs: object.contents.programs }], 2);
  t.strictSame(
    pieces.map(piece => piece.map(({ programs }) => programs.map(({ name }) => name))),
    [[['last']], [['start']]],
  );
  t.equal(splitWork([{ object, programs: object.contents.programs }], 1).length, 1);
  t.strictSame(splitWork([], 4), []);
});

t.test('what cannot be loaded has its reason, and does not keep the others back', async t => {
  const { objects, rows, details, ignored } = await read(
    t,
    {
      'legacy.bpf.c': LEGACY,
      'wrong.bpf.c': `${INCLUDES}#include "mine.h"\n`,
      'text.o': 'no object',
      'found.o': 'no object either',
      'good.bpf.c': `${INCLUDES}SEC("xdp") int p(void *ctx) { return RET; }\n`,
    },
    '-DRET=2',
  );
  t.strictSame(
    objects.map(({ file }) => file.name),
    ['good.bpf.c'],
  );
  t.equal(ignored, 1, 'a file of a folder that is no object');
  const problemOf = (name: string) => rows.find(row => row.file_name === name)?.problem ?? '';
  t.match(problemOf('legacy.bpf.c'), /map `old` is declared in section `maps`.*since 1\.0/);
  t.match(
    problemOf('wrong.bpf.c'),
    /wrong\.bpf\.c does not compile with clang: .*'mine\.h' file not found \(.*in --cflag/,
  );
  t.match(details.get('wrong.bpf.c'), /mine\.h/);
  t.match(problemOf('text.o'), /text\.o is not an ELF file/);
});
