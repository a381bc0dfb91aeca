import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { PROJECT_ROOT } from '../util/paths.ts';

/** Documents whose examples are parts of scenarios. */
const DOCUMENTS = ['README.md', 'docs/scenarios.md', 'docs/ledger.md'];
/** Where the scenarios are from which they are taken: `documented.guest.test.ts` runs those of docs/examples. */
const SOURCES = ['docs/examples', 'examples', 'scenarios'];

const scenarios = SOURCES.flatMap(folder =>
  readdirSync(join(PROJECT_ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.yaml'))
    .map(name => linesOf(readFileSync(join(PROJECT_ROOT, folder, name), 'utf8'))),
);

/** Lines without comments and empty lines. */
function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map(line => line.replace(/(?:^|\s+)# .*$/, '').trimEnd())
    .filter(line => line !== '');
}

/** The YAML blocks of a document, each with the number of its first line. */
function examplesOf(document: string): { line: number; lines: string[] }[] {
  const text = readFileSync(join(PROJECT_ROOT, document), 'utf8');
  return [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(found => ({
    line: text.slice(0, found.index).split('\n').length + 1,
    lines: linesOf(found[1] ?? ''),
  }));
}

/** Whether the lines stand in a row in a scenario, all of them as far to the right as there. */
function isPartOf(lines: readonly string[], scenario: readonly string[]): boolean {
  return scenario.some((line, at) => {
    const shift = line.length - line.trimStart().length;
    return lines.every((one, index) => scenario[at + index] === ' '.repeat(shift) + one);
  });
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
