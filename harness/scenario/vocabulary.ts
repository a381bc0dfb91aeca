import { isVariableName } from './cel.ts';
import { didYouMean } from '../util/nearest.ts';

/** A value that an expectation can name. */
export interface Leaf {
  /** `list` takes an index; `open` takes any key (a step's result, ethtool statistics). */
  readonly kind: 'number' | 'text' | 'list' | 'open';
  /** What it is counted in: `packets`, `events`, `bytes`; empty where it has no unit. */
  readonly unit: string;
  /** One sentence for the reference. */
  readonly meaning: string;
}

/** Names below a name. Key `*` stands for keys that only the run knows: CPUs, names of maps. */
export interface Branch {
  readonly kind: 'branch';
  readonly meaning: string;
  readonly words: Words;
}

/** A name of the vocabulary. */
export type Word = Leaf | Branch;

/** Names by their text. */
export interface Words {
  readonly [name: string]: Word;
}

/** Every name that expectations can use: declared by the subjects in `../oracle/`, which this layer does not know. */
export type Vocabulary = Words;

/** Whether a step's `as` cannot take a name, because the vocabulary or the expression language has it. */
export function isReserved(name: string, vocabulary: Vocabulary): boolean {
  return Object.hasOwn(vocabulary, name) || !isVariableName(name);
}

/**
 * What is wrong with a name in an expression, or null. `path` is the name cut at its dots and indexes, `*` where the index is
 * computed; `own` are the names that the scenario's steps gave by `as`.
 */
export function unknownName(
  path: readonly string[],
  own: ReadonlySet<string>,
  vocabulary: Vocabulary,
): string | null {
  const [root, ...rest] = path;
  if (root === undefined || own.has(root)) return null;
  let word: Word = { kind: 'branch', meaning: '', words: vocabulary };
  const seen: string[] = [];
  for (const key of [root, ...rest]) {
    if (word.kind === 'open' || word.kind === 'list') return null;
    if (word.kind !== 'branch') return `\`${seen.join('.')}\` is a ${word.kind}, it has no \`${key}\``;
    const { words }: Branch = word;
    const next: Word | undefined = Object.hasOwn(words, key) ? words[key] : words['*'];
    if (next === undefined) {
      const names = seen.length === 0 ? [...Object.keys(words), ...own] : Object.keys(words);
      const nearest = didYouMean(key, names);
      const hint = nearest === '' && seen.length === 0 ? rootsText(own) : nearest;
      return `unknown name \`${[...seen, key].join('.')}\`${hint}`;
    }
    seen.push(key);
    word = next;
  }
  return null;
}

/** What an expression's names can begin with. */
function rootsText(own: ReadonlySet<string>): string {
  const steps = own.size === 0 ? 'no step has an `as`' : `the steps with \`as\` are ${[...own].join(', ')}`;
  return `: ${steps}, and docs/counters.md has the counters`;
}

/** What a name stands for: a word, an item of a list, or null for a name that the vocabulary does not have. */
export function wordAt(
  path: readonly string[],
  vocabulary: Vocabulary,
): Word | { readonly kind: 'item'; readonly unit: string } | null {
  let word: Word = { kind: 'branch', meaning: '', words: vocabulary };
  for (const [index, key] of path.entries()) {
    if (word.kind === 'list' && index === path.length - 1) return { kind: 'item', unit: word.unit };
    if (word.kind !== 'branch') return null;
    const next: Word | undefined = Object.hasOwn(word.words, key) ? word.words[key] : word.words['*'];
    if (next === undefined) return null;
    word = next;
  }
  return word;
}
