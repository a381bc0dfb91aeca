import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t from 'tap';
import { anchorsOf, citationFaults, type DocumentFault, PHRASES, phraseFaults } from './documents.ts';
import { PACKAGE_ROOT } from './paths.ts';

/** A tree with these files, gone after the test. */
function tree(test: Pick<typeof t, 'teardown'>, files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'bpfrig-documents-'));
  test.teardown(() => rmSync(root, { recursive: true }));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return root;
}

function lines(faults: readonly DocumentFault[]): string[] {
  return faults.map(({ file, line, text }) => `${file}:${line}: ${text}`);
}

t.test('documents that are cited exist in this repository', async t => {
  t.same(lines(citationFaults(PACKAGE_ROOT)), []);
});

t.test('the tree is in the English of docs/CONTRIBUTING.md', async t => {
  t.same(lines(phraseFaults(PACKAGE_ROOT)), []);
});

t.test('a document that is cited and does not exist is found, wherever the citation is', async t => {
  const root = tree(t, {
    'README.md':
      '# Name\n\n[good](docs/a.md#two-words) [bad](docs/b.md)\n[bad](docs/a.md#three) [own](#name)\n',
    'docs/a.md': '# Two words\n\n`harness/x.ts` `harness/y.ts` `harness/*.ts` `scenarios/mine/half.yaml`\n',
    'harness/x.ts': '/** See docs/a.md and LOST.md. */\n',
    'harness/deep/schema.json': '{\n  "description": "numbers in lost.md"\n}\n',
    'harness/deep/near.c': '/* README.md, a.md, ../docs/a.md, and deep/a.md */\n',
    'images/notes.yaml': '# report.md is what a run writes; see docs/lost.md\n',
    'results/latest/run.md': '[bad](nowhere.md)\n',
    'node_modules/x/README.md': '[bad](nowhere.md)\n',
  });
  t.same(lines(citationFaults(root)), [
    'README.md:3: link docs/b.md: there is no docs/b.md',
    'README.md:4: link docs/a.md#three: docs/a.md has no heading #three',
    'docs/a.md:3: `harness/y.ts` does not exist',
    'harness/deep/near.c:1: deep/a.md does not exist',
    'harness/deep/schema.json:2: lost.md does not exist',
    'harness/x.ts:1: LOST.md does not exist',
    'images/notes.yaml:1: docs/lost.md does not exist',
  ]);
});

t.test('links in fenced code, addresses and names to fill in are no citations', async t => {
  const root = tree(t, {
    'README.md': [
      '# Name',
      '```',
      '[bad](docs/b.md)',
      '`harness/z.ts`',
      '```',
      '[far](https://example.org/docs/b.md) `harness/report/NAME.ts` `harness/<layer>/x.ts`',
    ].join('\n'),
  });
  t.same(lines(citationFaults(root)), []);
});

t.test('every phrase is found, in any case, and over the end of a line', async t => {
  for (const phrase of Object.keys(PHRASES)) {
    const root = tree(t, { 'docs/a.md': `First\n${phrase.toUpperCase()} two\n` });
    t.match(lines(phraseFaults(root))[0], `docs/a.md:2: "${phrase}"`);
  }
  const root = tree(t, {
    'harness/a.ts': '/**\n * This stands in\n * place of that, and is recommended.\n */\n// is\n// wanted\n',
    'images/b.sh': '# held\n# against\n',
    'harness/testdata/report.md': 'in place of\n',
  });
  t.same(lines(phraseFaults(root)), [
    'harness/a.ts:2: "in place of": write instead of',
    'harness/a.ts:5: "is wanted": write must be',
    'images/b.sh:1: "held against": write compared with',
  ]);
});

t.test('anchors are those that GitHub makes', async t => {
  t.same(
    [...anchorsOf('# A step\n## `known`: what it says\n## A step\n```\n# none\n```\n### [x](y.md) & z\n')],
    ['a-step', 'known-what-it-says', 'a-step-1', 'x--z'],
  );
});
