import { architecture } from '../arch/architectures.ts';
import type { ArchName } from '../model/kernel.ts';
import { userland } from './userland.ts';
import { readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { cachedFolder, ensureIntact } from '../util/cache.ts';
import { BpfrigError } from '../util/errors.ts';
import { hashKey } from '../util/hash.ts';
import { cacheRoot, PACKAGE_ROOT } from '../util/paths.ts';
import { compileError, findClang, runClang, type Compiler } from './clang.ts';
import { libbpf } from './libbpf.ts';
import { vmlinuxHeaderFolder } from './vmlinux-header.ts';

/** A BPF object as a scenario names it: a C source to compile, or an object that is ready. */
export interface ObjectSource {
  /** Absolute. */
  readonly path: string;
  /** Options for clang, after bpfrig's own; empty for a ready object. */
  readonly cflags: readonly string[];
  /** Folder that relative paths in `cflags` are relative to: the scenario's. */
  readonly dir: string;
}

/** An object that was built, or was there. */
export interface BuiltObject {
  readonly path: string;
  /** Every file that it was made from, itself or its source first. Absolute. */
  readonly files: readonly string[];
}

/** To be raised when objects of the same key would be built in another way. */
const FORMAT = 1;

/** Version 3 has atomics that 5.10 does not know; `cflags` may ask for it. */
const BASE_FLAGS = ['-O2', '-g', '-Wall', '-mcpu=v2'] as const;

/** What an object is compiled for: guests of an architecture. */
export interface ObjectTarget {
  readonly arch: ArchName;
  readonly cacheDir: string;
}

/**
 * Compiles a BPF source, or returns the object that was compiled before from the same: source, every file that it includes, flags
 * target and compiler. A ready object (`.o`) is returned as it is.
 *
 * Throws `scenario` when the file does not exist or does not compile, `infra` when clang is missing.
 */
export async function buildBpfObject(source: ObjectSource, target: ObjectTarget): Promise<BuiltObject> {
  if ((await stat(source.path).catch(() => null)) === null)
    throw new BpfrigError('scenario', `${source.path}: no such BPF source or object`);
  if (source.path.endsWith('.o')) return { path: source.path, files: [source.path] };
  const compiler = await findClang();
  const memoKey = hashKey([compiler, source, target.arch, target.cacheDir]);
  const before = memo.get(memoKey);
  if (before !== undefined && (await stamps(before.built.files)) === before.stamps) {
    await ensureIntact([before.built.path]);
    return before.built;
  }
  const built = await build(source, compiler, target);
  memo.set(memoKey, { built, stamps: await stamps(built.files) });
  return built;
}

/**
 * What this process has built: for a cell whose files have not changed since then, there is no need to start the preprocessor. Only a new header
 * that comes earlier in the include path is not noticed; the next process notices it.
 */
const memo = new Map<string, { readonly built: BuiltObject; readonly stamps: string }>();

async function stamps(files: readonly string[]): Promise<string> {
  const all = await Promise.all(files.map(file => stat(file, { bigint: true }).catch(() => null)));
  return all.map(one => (one === null ? '-' : `${one.ino}:${one.size}:${one.mtimeNs}`)).join(' ');
}

async function build(source: ObjectSource, compiler: Compiler, target: ObjectTarget): Promise<BuiltObject> {
  const { path, dir } = source;
  const { cacheDir } = target;
  const { args, text } = await preprocess(source, compiler, target);
  const files = filesIn(text, path, dir);
  // The text has what was included, in its order; the files have comments, which the verifier's log shows.
  const contents = await Promise.all(files.map(file => readFile(file, 'latin1').catch(() => null)));
  // Where the cache lies is no part of what an object is: a cache that was moved, or restored elsewhere, keeps its objects.
  const placeless = [...args, text].map(word =>
    word.replaceAll(cacheDir, 'CACHE').replaceAll(cacheRoot(), 'CACHE'),
  );
  const key = hashKey([FORMAT, compiler, dir, placeless, hashKey(contents)]);
  const folder = await cachedFolder(join(cacheDir, 'build', `object-${key}`), async temp => {
    const compiled = await runClang(compiler, [...args, '-c', path, '-o', join(temp, OBJECT)], dir);
    if (!compiled.ok) throw compileError(basename(path), dir, compiled.log);
  });
  return { path: join(folder, OBJECT), files };
}

const OBJECT = 'object.bpf.o';

/** The source's text with everything included, and the arguments that made it so: with vmlinux.h where it is asked for. */
async function preprocess(
  { path, cflags, dir }: ObjectSource,
  compiler: Compiler,
  { arch, cacheDir }: ObjectTarget,
): Promise<{ args: readonly string[]; text: string }> {
  // A user's own folders come first.
  const { include } = await userland(arch, cacheRoot());
  const { target, defines } = architecture(arch).toolchain.bpf;
  const folders = [include, join(PACKAGE_ROOT, 'bpf'), (await libbpf('amd64')).include];
  const args = [
    ...BASE_FLAGS,
    '-target',
    target,
    ...defines,
    ...cflags,
    ...folders.map(folder => `-I${folder}`),
  ];
  const first = await runClang(compiler, [...args, '-E', path], dir);
  if (first.ok) return { args, text: first.stdout };
  const lacksTypes = await lacksVmlinux(compiler, [...args, path], dir);
  const withTypes = lacksTypes ? [...args, `-I${await vmlinuxHeaderFolder(arch, cacheDir)}`] : args;
  const second = lacksTypes ? await runClang(compiler, [...withTypes, '-E', path], dir) : first;
  if (!second.ok) throw compileError(basename(path), dir, second.log);
  return { args: withTypes, text: second.stdout };
}

/** Whether a vmlinux.h is included that is nowhere: with -MG clang lists it like one that is there. */
async function lacksVmlinux(compiler: Compiler, args: readonly string[], dir: string): Promise<boolean> {
  const { stdout } = await runClang(compiler, [...args, '-M', '-MG'], dir);
  const listed = stdout.split(/\s+/).filter(file => basename(file) === 'vmlinux.h');
  const found = await Promise.all(listed.map(file => stat(resolve(dir, file)).catch(() => null)));
  return found.some(one => one === null);
}

/** Files that preprocessed text came from, by its line markers (`# 1 "file" 1`): the source, then what it includes. */
function filesIn(text: string, source: string, dir: string): string[] {
  const files = new Set([source]);
  for (const [, quoted] of text.matchAll(/^# \d+ "((?:[^"\\\n]|\\.)*)"/gm)) {
    const name = (quoted ?? '').replace(/\\(.)/g, '$1');
    // `<built-in>` and `<command line>` are no files.
    if (name !== '' && !name.startsWith('<')) files.add(resolve(dir, name));
  }
  return [...files];
}
