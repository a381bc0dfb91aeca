import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Word, Words } from '../scenario/vocabulary.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';
import { countersReference } from './reference.ts';
import { SEMANTICS, SUBJECTS, TABLES, VOCABULARY } from './subjects.ts';
import { sumFields, witnessEvents } from './table.ts';

const HEADER = readFileSync(join(PACKAGE_ROOT, 'bpf', 'bpfrig.h'), 'utf8');
const [COUNTING = '', OBSERVERS = '', TRACEPOINTS = ''] = [
  'observers.h',
  'observers.bpf.c',
  'tracepoints.bpf.c',
].map(name => readFileSync(join(PACKAGE_ROOT, 'bpf', name), 'utf8'));

/** Names of the members of a struct of bpf/bpfrig.h, in its order; null without that struct. */
function membersOf(struct: string): string[] | null {
  const body = new RegExp(`^struct ${struct} \\{\\n(.*?)^\\}`, 'ms').exec(HEADER)?.[1];
  if (body === undefined) return null;
  return [...body.matchAll(/^\t__[us]\d+ (\w+)(?:\[[^\]]*\])?;/gm)].map(([, name]) => name ?? '');
}

t.test('every table is a pair of structs in bpf/bpfrig.h with exactly the declared fields', async t => {
  for (const table of TABLES) {
    const { name, keys, batch } = table;
    t.strictSame(membersOf(`bpfrig_${name}_key`), Object.keys(keys), `key of ${name}`);
    const sums = [...Object.keys(sumFields(table)), ...(batch === undefined ? [] : ['batch'])];
    t.strictSame(membersOf(`bpfrig_${name}_sum`), sums, `sum of ${name}`);
  }
  const pairs = [...HEADER.matchAll(/^struct bpfrig_(\w+)_sum \{/gm)].map(([, name]) => name);
  t.strictSame(new Set(pairs), new Set(TABLES.map(({ name }) => name)), 'no struct without a table');
});

t.test(
  'every table is a map of the observers, and every event has a program, with and without BTF',
  async t => {
    for (const { name, events } of TABLES) {
      t.match(COUNTING, `ROWS(${name}_rows, struct bpfrig_${name}_key, struct bpfrig_${name}_sum)`);
      for (const event of events) {
        const [, tracepoint] = event.split(':');
        t.match(OBSERVERS, `SEC("tp_btf/${tracepoint}")`);
        t.match(TRACEPOINTS, `SEC("tp/${event.replace(':', '/')}")`);
        t.match(TRACEPOINTS, `CHECKED(${tracepoint})`);
      }
    }
  },
);

t.test('every word says what it means and every number its unit', async t => {
  const undocumented = (words: Words, path: string, inherited: string): string[] =>
    Object.entries(words).flatMap(([key, word]: [string, Word]) => {
      const name = `${path}${key}`;
      // `*` is explained by the name above it.
      const meaning = word.meaning || (key === '*' ? inherited : '');
      const missing = meaning === '' ? [name] : [];
      return word.kind === 'branch'
        ? [...missing, ...undocumented(word.words, `${name}.`, meaning)]
        : missing;
    });
  t.strictSame(undocumented(VOCABULARY, '', ''), []);
  for (const row of SEMANTICS) t.ok(row.truth, row.field);
});

t.test('no two subjects have a name, a table or a stage of the same name', async t => {
  const unique = (names: readonly string[]) => t.strictSame([...new Set(names)], names);
  unique(SUBJECTS.map(({ name }) => name));
  unique(TABLES.map(({ name }) => name));
  unique(SUBJECTS.flatMap(({ words }) => Object.keys(words)));
});

t.test('the request for the second witness', async t => {
  t.strictSame(witnessEvents(TABLES)[0], {
    name: 'enqueue',
    event: 'xdp/xdp_cpumap_enqueue',
    keys: ['map_id', 'cpu', 'to_cpu'],
    sums: ['processed', 'drops'],
    batch: 'processed',
  });
});

t.test('docs/counters.md is what the declarations say', async t => {
  const path = join(PACKAGE_ROOT, 'docs', 'counters.md');
  t.equal(readFileSync(path, 'utf8'), countersReference(), 'regenerate it with `npm run generate`');
});
