import type { Word, Words } from '../scenario/vocabulary.ts';
import { markdownTable } from '../util/markdown-table.ts';
import { SEMANTICS, SUBJECTS, VOCABULARY } from './subjects.ts';
import { sumFields } from './table.ts';

const HEAD = `# Counters

Generated from the declarations in \`harness/oracle/subjects/\`: do not edit.

Expectations name these counters. \`*\` stands for a key that only the run knows: a CPU, or a name that the scenario gave.
Counts are differences between the start of the traffic and the moment when the guest was idle.
`;

/** The reference of all counters, of the observers' tables and of the meanings of kernel fields, as Markdown: `docs/counters.md`. */
export function countersReference(): string {
  const own = new Set(SUBJECTS.flatMap(({ words }) => Object.keys(words)));
  const rest = Object.entries(VOCABULARY).filter(([name]) => !own.has(name));
  return [
    HEAD,
    ...SUBJECTS.map(({ name, title, words }) => `## ${name}\n\n${title}\n\n${wordTable(words)}`),
    `## Other names\n\n${wordTable(Object.fromEntries(rest))}`,
    `## Observer tables\n\nRows of the observers' maps, by their keys; each sum is the total over the events of a row.\n`,
    ...SUBJECTS.flatMap(({ tables }) => tables).map(
      ({ name, events, keys, witnessed, ...table }) =>
        `### ${name}\n\nEvents: ${events.join(', ')}.${witnessed ? ' The second witness counts the same.' : ''}\n\n${markdownTable(
          ['field', '', 'unit', 'meaning'],
          [
            ...Object.entries(keys).map(([key, { meaning }]) => [key, 'key', '', meaning]),
            ...Object.entries(sumFields({ name, events, keys, witnessed, ...table })).map(
              ([field, { unit, meaning }]) => [field, 'sum', unit, meaning],
            ),
          ],
        )}`,
    ),
    `## What fields of the kernel mean\n\nThe first row that fits the kernel and the mode decides.\n\n${markdownTable(
      ['field', 'mode', 'kernels', 'means', 'where'],
      SEMANTICS.map(({ field, mode, kernels, means, truth }) => [
        field,
        mode ?? 'both',
        kernels,
        means,
        truth,
      ]),
    )}`,
  ].join('\n');
}

/** Every name that expectations can use: name, unit, meaning. */
export function counterRows(): string[][] {
  return rowsOf(VOCABULARY, []);
}

function wordTable(words: Words): string {
  return markdownTable(['name', 'unit', 'meaning'], rowsOf(words, []));
}

function rowsOf(words: Words, path: readonly string[]): string[][] {
  return Object.entries(words).flatMap(([key, word]) => {
    const here = [...path, key];
    const name = `\`${here.join('.')}\``;
    if (word.kind !== 'branch') return [[name, unitOf(word), word.meaning]];
    const own = word.meaning === '' ? [] : [[name, '', word.meaning]];
    return [...own, ...rowsOf(word.words, here)];
  });
}

/** What is open has no unit of its own: objects decide what is below it. */
function unitOf({ kind, unit }: Exclude<Word, { kind: 'branch' }>): string {
  if (kind === 'open') return unit;
  return kind === 'number' ? unit : unit === '' ? kind : `${kind} of ${unit}`;
}
