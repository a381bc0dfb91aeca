import t from 'tap';
import { importViolations } from './import-rules.ts';

const rows: readonly [string, Record<string, Record<string, string>>, RegExp[]][] = [
  ['down is fine', { cli: { 'a.ts': "import '../vm/b.ts';" }, vm: { 'b.ts': '' } }, []],
  [
    'up is not, for types either',
    { cli: { 'a.ts': '' }, vm: { 'b.ts': "import type { A } from '../cli/a.ts';" } },
    [/^vm\/b\.ts -> cli\/a\.ts: vm\/ may not import from cli\/, which is above it$/],
  ],
  [
    'report/ may use the nouns only',
    { report: { 'a.ts': "import '../vm/b.ts';" }, vm: { 'b.ts': '' } },
    [/report\/ may use model\/ and util\/ only/],
  ],
  [
    'a folder without a place in the list',
    { extra: { 'a.ts': "import './b.ts';" } },
    [/is in no known layer/],
  ],
  ['out of the folder', { vm: { 'a.ts': "import '../../b.ts';" } }, [/leaves harness\//]],
  [
    'a circle within a layer is reported once, with its members',
    {
      vm: {
        'a.ts': "import './b.ts';",
        'b.ts': "import type { C } from './c.ts';",
        'c.ts': "export * from './a.ts';",
        'd.ts': "import './a.ts';",
      },
    },
    [/^vm\/c\.ts -> vm\/a\.ts: closes a circle: vm\/a\.ts -> vm\/b\.ts -> vm\/c\.ts -> vm\/a\.ts$/],
  ],
  [
    'a diamond is no circle',
    {
      vm: {
        'a.ts': "import './b.ts';\nimport {\n  c,\n} from './c.ts';",
        'b.ts': "import './d.ts';",
        'c.ts': "import './d.ts';",
        'd.ts': '',
      },
    },
    [],
  ],
];

for (const [name, files, expected] of rows) {
  t.test(name, async t => {
    const found = importViolations(t.testdir(files)).map(
      ({ file, target, why }) => `${file} -> ${target}: ${why}`,
    );
    t.equal(found.length, expected.length, found.join('; '));
    for (const [index, pattern] of expected.entries()) t.match(found[index], pattern);
  });
}
