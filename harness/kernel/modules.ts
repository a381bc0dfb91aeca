import { existsSync, readFileSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';

/** What is needed to load a set of modules. */
export interface ModuleClosure {
  /** Absolute paths of module files (.ko, .ko.xz, .ko.zst or .ko.gz), each after all files that it depends on. */
  readonly files: string[];
  /** Those of `files` that only soft dependencies ask for: the kernel may refuse them, as modprobe(8) does not mind. */
  readonly soft: ReadonlySet<string>;
  /** Requested modules that are part of the kernel image. */
  readonly builtin: string[];
  /** Requested modules that are neither a file nor builtin. */
  readonly missing: string[];
}

/**
 * Resolves module names (`veth`, `virtio-net`; `-` and `_` are the same) with their dependencies from `modules.dep`, `modules.softdep`
 * (what is to be loaded before) and `modules.builtin` in `modulesDir`; see modules.dep(5) and modprobe.d(5). If `modulesDir` is null (a kernel without modules), all names are returned
 * as builtin, because only the guest can show whether they are.
 */
export function moduleClosure(modulesDir: string | null, names: readonly string[]): ModuleClosure {
  if (modulesDir === null) return { files: [], soft: new Set(), builtin: [...names], missing: [] };
  const dependencies = readDependencies(modulesDir);
  const builtins = readBuiltins(modulesDir);
  const softOf = softDependencies(modulesDir, dependencies);
  const absolute = (file: string): string => (isAbsolute(file) ? file : join(modulesDir, file));
  const files = new Set<string>();
  const seen = new Set<string>();
  const needed = new Set<string>();
  const add = (entry: ModuleFile, why: 'needed' | 'soft'): void => {
    // modules.dep lists direct and indirect dependencies; modprobe loads them from the last to the first.
    for (const file of [...entry.needs.toReversed(), entry.file]) {
      if (why === 'needed') needed.add(absolute(file));
      if (seen.has(file)) continue;
      seen.add(file);
      for (const before of softOf(file)) add(before, 'soft');
      files.add(absolute(file));
    }
  };
  const builtin: string[] = [];
  const missing: string[] = [];
  for (const name of names) {
    const entry = dependencies.get(canonical(name));
    if (entry !== undefined) add(entry, 'needed');
    else (builtins.has(canonical(name)) ? builtin : missing).push(name);
  }
  return { files: [...files], soft: new Set([...files].filter(file => !needed.has(file))), builtin, missing };
}

/** The files of a folder of modules that decide what `moduleClosure` returns of those that it has. */
export function moduleLists(modulesDir: string): string[] {
  return ['modules.dep', 'modules.softdep', 'modules.alias']
    .map(name => join(modulesDir, name))
    .filter(file => existsSync(file));
}

/** Names of all modules of a kernel, files and built-in ones, as the kernel writes them: with `_`. */
export function moduleNames(modulesDir: string): string[] {
  return [...moduleFileNames(modulesDir), ...readBuiltins(modulesDir)];
}

/** Names of the modules that are files. */
export function moduleFileNames(modulesDir: string): string[] {
  return [...readDependencies(modulesDir).keys()];
}

/** Names in a file `modules.builtin`. */
export function namesIn(builtinList: string): string[] {
  return readLines(builtinList).map(canonical);
}

/** A file of modules.dep, and all that it needs. */
interface ModuleFile {
  readonly file: string;
  readonly needs: readonly string[];
}

function readDependencies(modulesDir: string): Map<string, ModuleFile> {
  const entries = readLines(join(modulesDir, 'modules.dep')).flatMap(line => {
    const colon = line.indexOf(':');
    const file = line.slice(0, colon);
    const needs = line
      .slice(colon + 1)
      .split(' ')
      .filter(word => word !== '');
    return [file, ...needs].every(isModule) ? [[canonical(file), { file, needs }] as const] : [];
  });
  return new Map(entries);
}

/**
 * What modules.softdep wants to be loaded before a file. It names modules, or aliases as libcrc32c does: any module with the alias may be
 * what is missing. What is built in, or is nowhere, is left out.
 */
function softDependencies(
  modulesDir: string,
  dependencies: ReadonlyMap<string, ModuleFile>,
): (file: string) => ModuleFile[] {
  const names = new Map<string, string[]>();
  for (const line of readLines(join(modulesDir, 'modules.softdep'))) {
    const [, module = '', words = ''] = /^softdep (\S+) (.*)$/.exec(line) ?? [];
    const before = / ?pre:(.*?)(?: post:|$)/.exec(words)?.[1] ?? '';
    const list = names.get(canonical(module)) ?? [];
    list.push(...before.split(' ').filter(word => word !== ''));
    names.set(canonical(module), list);
  }
  let aliases: Map<string, string[]> | null = null;
  return file =>
    (names.get(canonical(file)) ?? []).flatMap(name => {
      const entry = dependencies.get(canonical(name));
      if (entry !== undefined) return entry;
      aliases ??= readAliases(modulesDir);
      return (aliases.get(canonical(name)) ?? []).flatMap(module => dependencies.get(module) ?? []);
    });
}

/** Names of modules by each of their aliases. */
function readAliases(modulesDir: string): Map<string, string[]> {
  const aliases = new Map<string, string[]>();
  for (const line of readLines(join(modulesDir, 'modules.alias'))) {
    const [, alias, module] = /^alias (\S+) (\S+)$/.exec(line) ?? [];
    if (alias === undefined || module === undefined) continue;
    aliases.set(canonical(alias), [...(aliases.get(canonical(alias)) ?? []), canonical(module)]);
  }
  return aliases;
}

/** What is listed is read and put into a guest: a folder from elsewhere must not name other files of this host. */
function isModule(file: string): boolean {
  return /\.ko(?:\.\w+)?$/.test(file) && !file.split('/').includes('..');
}

function readBuiltins(modulesDir: string): Set<string> {
  return new Set(namesIn(join(modulesDir, 'modules.builtin')));
}

function readLines(file: string): string[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(line => line.trim() !== '');
}

/** A module's name as the kernel writes it, of a name or a file. */
export function canonical(nameOrFile: string): string {
  return basename(nameOrFile)
    .replace(/\.ko(?:\.\w+)?$/, '')
    .replaceAll('-', '_');
}
