import type { Branch, Leaf, Words } from '../scenario/vocabulary.ts';
import { sumFields, type Table } from './table.ts';

/** A number in a unit; the unit is empty for a plain number. */
export function number(unit: string, meaning: string): Leaf {
  return { kind: 'number', unit, meaning };
}

/** A text. */
export function text(meaning: string): Leaf {
  return { kind: 'text', unit: '', meaning };
}

/** A list of numbers or texts. */
export function list(unit: string, meaning: string): Leaf {
  return { kind: 'list', unit, meaning };
}

/** A mapping whose keys only the run knows, with values of any shape. */
export function open(meaning: string): Leaf {
  return { kind: 'open', unit: '', meaning };
}

/** Names below a name. */
export function branch(meaning: string, words: Words): Branch {
  return { kind: 'branch', meaning, words };
}

/** The same names for each key that only the run knows, for example each CPU. */
export function each(meaning: string, words: Words): Branch {
  return branch(meaning, { '*': branch('', words) });
}

/** A number for each key that only the run knows. */
export function numbers(unit: string, meaning: string): Branch {
  return branch(meaning, { '*': number(unit, '') });
}

/** The sums of a table under the tracepoint's own names. */
export function sumWords(table: Table): Words {
  return Object.fromEntries(
    Object.entries(sumFields(table)).map(([name, { unit, meaning }]) => [name, number(unit, meaning)]),
  );
}

/** The list `batch` of a table's rows. */
export function batchWord({ events, batch }: Table & { readonly batch: object }): Leaf {
  const { of, max } = batch as NonNullable<Table['batch']>;
  return list('events', `batch[n]: events of ${events.join(' and ')} whose ${of} was n, n from 0 to ${max}.`);
}
