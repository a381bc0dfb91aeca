import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, relative, resolve, sep } from 'node:path';
import { BpfrigError } from '../../util/errors.ts';

/** A source or an object that `bpfrig load` is to load. */
export interface ObjectFile {
  /** What the report calls it, unique: the file's name, or its path below the folder that was named. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Named itself: it must be a BPF object. What is found in a folder may be anything. */
  readonly named: boolean;
}

/** More files than a folder of objects has: somebody named the wrong folder. */
const MOST_FILES = 100_000;

const OBJECT = /\.o$/;
/** Sources that a folder's own build makes objects of, by the two customs of naming them. */
const SOURCE = /(?:\.bpf|_kern)\.c$/;
const NOT_ENTERED = new Set(['.git', 'node_modules']);

/**
 * The files that arguments name: files, folders (all objects below, and `.bpf.c` sources whose object is not there) and globs, in order and
 * each once. Throws `usage` for an argument that names nothing.
 */
export function findObjects(args: readonly string[]): ObjectFile[] {
  const found = args.flatMap(findOne);
  const once = [...new Map(found.toReversed().map(file => [file.path, file])).values()].toReversed();
  const names = new Map<string, number>();
  for (const { name } of once) names.set(name, (names.get(name) ?? 0) + 1);
  return once.map(file => (names.get(file.name) === 1 ? file : { ...file, name: relative('', file.path) }));
}

function findOne(arg: string): ObjectFile[] {
  if (existsSync(arg)) {
    if (statSync(arg).isDirectory()) return inFolder(arg);
    if (!/\.[co]$/.test(arg))
      throw new BpfrigError(
        'usage',
        `${arg} is not a C source (.c), a compiled object (.o) or a folder of them`,
      );
    return [{ name: basename(arg), path: resolve(arg), named: true }];
  }
  if (!/[*?]/.test(arg)) throw new BpfrigError('usage', `${arg}: no such file or folder`);
  const base = fixedPart(arg);
  const pattern = globPattern(resolve(arg));
  const paths = existsSync(base) ? filesBelow(base).filter(path => pattern.test(path)) : [];
  const objects = paths.filter(path => OBJECT.test(path) || path.endsWith('.c'));
  if (objects.length === 0) throw new BpfrigError('usage', `${arg}: no .o or .c file matches`);
  return objects.map(path => ({ name: relative(base, path), path, named: true }));
}

function inFolder(folder: string): ObjectFile[] {
  const paths = filesBelow(folder);
  const objects = paths.filter(path => OBJECT.test(path));
  const stems = new Set(objects.map(stemOf));
  const sources = paths.filter(path => SOURCE.test(path) && !stems.has(stemOf(path)));
  if (objects.length + sources.length === 0)
    throw new BpfrigError('usage', `${folder}: it holds no object (.o) and no source (.bpf.c)`);
  const root = resolve(folder);
  return [...objects, ...sources]
    .toSorted(inOrder)
    .map(path => ({ name: relative(root, path), path, named: false }));
}

/** `fw.bpf.o`, `fw.o` and `fw.bpf.c` are of one stem. */
function stemOf(path: string): string {
  return basename(path).replace(/(?:\.bpf)?\.[co]$/, '');
}

/** Regular files below a folder, sorted. Links to folders are not followed. */
function filesBelow(folder: string): string[] {
  const found: string[] = [];
  const folders = [resolve(folder)];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for (const entry of readdirSync(next, { withFileTypes: true })) {
      const path = join(next, entry.name);
      if (entry.isDirectory() && !NOT_ENTERED.has(entry.name)) folders.push(path);
      else if (
        entry.isFile() ||
        (entry.isSymbolicLink() && statSync(path, { throwIfNoEntry: false })?.isFile())
      )
        found.push(path);
    }
    if (found.length > MOST_FILES)
      throw new BpfrigError(
        'usage',
        `${folder}: it holds more than ${MOST_FILES} files; name a folder of objects`,
      );
  }
  return found.toSorted(inOrder);
}

function inOrder(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The folder of a glob that has no wildcard. */
function fixedPart(glob: string): string {
  const parts = resolve(glob).split(sep);
  const first = parts.findIndex(part => /[*?]/.test(part));
  return parts.slice(0, first).join(sep) || sep;
}

/** `**` stands for any folders, `*` and `?` for what a name has. */
function globPattern(glob: string): RegExp {
  const text = glob
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map(part => WILDCARDS[part] ?? part.replace(/[\\^$.|+()[\]{}]/g, '\\$&'))
    .join('');
  return new RegExp(`^${text}$`);
}

const WILDCARDS: Readonly<Record<string, string>> = {
  '**/': '(?:[^/]+/)*',
  '**': '.*',
  '*': '[^/]*',
  '?': '[^/]',
};
