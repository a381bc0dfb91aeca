import { existsSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { TreeVariant } from '../../model/kernel.ts';
import { BpfrigError } from '../../util/errors.ts';
import { didYouMean } from '../../util/nearest.ts';
import { PACKAGE_ROOT } from '../../util/paths.ts';

/** Where the fragments of configuration are that a variant of a tree can name. */
export const KCONFIG_FOLDER = join(PACKAGE_ROOT, 'images', 'kconfig');

/** The fragment that `gcov=` adds; it measures nothing by itself. */
export const GCOV = 'gcov';

/** The names of the fragments in images/kconfig/, in alphabetical order, that a variant can name by themselves. */
export function fragmentNames(): string[] {
  return readdirSync(KCONFIG_FOLDER)
    .flatMap(file => /^(\w+)\.config$/.exec(file)?.[1] ?? [])
    .filter(name => name !== GCOV)
    .sort();
}

/**
 * The tree and the variant in what follows `tree:`, `DIR+WORD,WORD`; a folder whose name has a `+` is a folder. Words are the names of fragments, a
 * fragment of the user's own (`./my.config`, absolute in the result), and `gcov=FILE`, repeatable. Throws a `usage` error that names the
 * word and what there is.
 */
export function parseTree(
  text: string,
  rest: string,
  cwd: string,
): { readonly dir: string; readonly variant: TreeVariant | null } {
  const plus = rest.lastIndexOf('+');
  if (plus < 0 || existsSync(resolve(cwd, rest))) return { dir: resolve(cwd, rest), variant: null };
  const words = rest
    .slice(plus + 1)
    .split(',')
    .filter(word => word !== '');
  const fragments = new Set<string>();
  const measured = new Set<string>();
  for (const word of words) {
    const [, file] = /^gcov=(.*)$/.exec(word) ?? [];
    if (file !== undefined) measured.add(sourceFile(text, file));
    else fragments.add(fragment(text, word, cwd));
  }
  if (words.length === 0) throw new BpfrigError('usage', `kernel ${text}: nothing after "+"; ${choices()}`);
  return {
    dir: resolve(cwd, rest.slice(0, plus)),
    variant: { fragments: [...fragments], measured: [...measured] },
  };
}

/** The words of a variant, as a column is named with them: of files, only the names. */
export function variantWords({ fragments, measured }: TreeVariant): string {
  const names = fragments.map(name => basename(name));
  return [...names, ...measured.map(file => `gcov=${basename(file)}`)].join(',');
}

function fragment(text: string, word: string, cwd: string): string {
  const names = fragmentNames();
  if (names.includes(word)) return word;
  if (word.endsWith('.config')) {
    const file = resolve(cwd, word);
    if (existsSync(file)) return file;
    throw new BpfrigError('usage', `kernel ${text}: no fragment of configuration at ${file}`);
  }
  throw new BpfrigError(
    'usage',
    `kernel ${text}: no variant "${word}"${didYouMean(word, [...names, 'gcov='])}; ${choices()}`,
  );
}

function choices(): string {
  return `variants of a tree are ${fragmentNames().join(', ')}, gcov=SOURCE.c, or a file of yours that ends in .config`;
}

function sourceFile(text: string, file: string): string {
  if (/^[^/].*\.c$/.test(file) && !file.split('/').includes('..')) return file;
  throw new BpfrigError(
    'usage',
    `kernel ${text}: gcov= needs a C source of the tree, such as gcov=kernel/bpf/cpumap.c, not "${file}"`,
  );
}
