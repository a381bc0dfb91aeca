import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openProject } from '../run/project.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';

/** Documents whose examples are parts of scenarios. */
const DOCUMENTS = ['README.md', 'docs/attach.md', 'docs/ledger.md', 'docs/scenarios.md'];
/** Where the scenarios are from which they are taken: `documented.guest.test.ts` runs those of docs/examples. */
const SOURCES = ['docs/examples', 'examples', 'scenarios'];

const scenarios = SOURCES.flatMap(folder =>
  readdirSync(join(PACKAGE_ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.yaml'))
    .map(name => linesOf(readFileSync(join(PACKAGE_ROOT, folder, name), 'utf8'))),
);

/** Documents whose TypeScript is that of files, and where those are: `api-examples.guest.test.ts` runs them, `npm run check:types` compiles them. */
const PROGRAMS = { 'docs/api.md': 'examples/api', 'docs/projects.md': 'examples/project/tests' };

/** Lines without comments and empty lines. */
function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map(line => line.replace(/(?:^|\s+)# .*$/, '').trimEnd())
    .filter(line => line !== '');
}

/** The blocks of a language in a document, each with the number of its first line. */
function blocksOf(document: string, language: string): { line: number; text: string }[] {
  const text = readFileSync(join(PACKAGE_ROOT, document), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(found => ({
    line: text.slice(0, found.index).split('\n').length + 1,
    text: found[1] ?? '',
  }));
}

/** The YAML blocks of a document. */
function examplesOf(document: string): { line: number; lines: string[] }[] {
  return blocksOf(document, 'yaml').map(({ line, text }) => ({ line, lines: linesOf(text) }));
}

/** Lines by the keys that begin at the margin; each part has its key in the first line. */
function partsOf(lines: readonly string[]): string[][] {
  const parts: string[][] = [];
  for (const line of lines) {
    if (/^[a-z]/.test(line) || parts.length === 0) parts.push([line]);
    else parts.at(-1)?.push(line);
  }
  return parts;
}

/** Whether all keys are in a scenario, and what is below each stands there in a row. */
function isPartOf(lines: readonly string[], scenario: readonly string[]): boolean {
  return partsOf(lines).every(([key = '', ...below]) => {
    const from = scenario.findIndex(line => line.trim() === key.trim());
    return (
      from >= 0 &&
      isInARow(
        below.map(line => line.trim()),
        scenario.slice(from + 1).map(line => line.trim()),
      )
    );
  });
}

function isInARow(some: readonly string[], all: readonly string[]): boolean {
  return some.length === 0 || all.some((_, at) => some.every((line, index) => all[at + index] === line));
}

/** Whether text stands in a file as it is, but for what `// …` leaves out. */
function standsIn(text: string, file: string): boolean {
  let from = 0;
  for (const part of text.split(/^ *\/\/ …\n/m)) {
    const at = file.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return true;
}

t.test('the parser of documents finds what is there, and no other', async t => {
  t.ok(isPartOf(['a:', '  - b'], ['x: 1', '  a:', '    - b']));
  t.notOk(isPartOf(['a:', '  - c'], ['x: 1', '  a:', '    - b']));
  t.ok(examplesOf('docs/scenarios.md').length > 5);
});

t.test('every example of a scenario is part of one that is run', async t => {
  for (const document of DOCUMENTS) {
    for (const { line, lines } of examplesOf(document)) {
      const found = scenarios.some(scenario => isPartOf(lines, scenario));
      t.ok(found, `${document}:${line}: these lines stand in no file of ${SOURCES.join(', ')}`);
    }
  }
});

t.test('every bpfrig.yaml in the documents is one', async t => {
  for (const document of ['docs/projects.md', 'docs/ci.md']) {
    const blocks = blocksOf(document, 'yaml');
    t.ok(blocks.length > 0);
    for (const { line, text } of blocks) {
      const dir = t.testdir({ tests: {}, 'bpfrig.yaml': text });
      t.doesNotThrow(() => openProject([dir]), `${document}:${line}`);
    }
  }
});

t.test('every example in TypeScript stands in a file as it is', async t => {
  for (const [document, folder] of Object.entries(PROGRAMS)) {
    const path = join(PACKAGE_ROOT, folder);
    const files = readdirSync(path).filter(name => name.endsWith('.ts'));
    const texts = files.map(name => readFileSync(join(path, name), 'utf8'));
    const blocks = blocksOf(document, 'ts');
    t.ok(blocks.length > 0);
    for (const { line, text } of blocks)
      t.ok(
        texts.some(one => standsIn(text, one)),
        `${document}:${line}: these lines stand in no file of ${folder}`,
      );
  }
});
