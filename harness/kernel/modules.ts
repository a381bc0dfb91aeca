import { existsSync, readFileSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';

/** What is needed to load a set of modules. */
export interface ModuleClosure {
  /** Absolute paths of module files (.ko, .ko.xz, .ko.zst or .ko.gz), each after all files that it depends on. */
  readonly files: string[];
  /** Requested modules that are part of the kernel image. */
  readonly builtin: string[];
  /** Requested modules that are neither a file nor builtin. */
  readonly missing: string[];
}

/**
 * Resolves module names (`veth`, `virtio-net`; `-` and `_` are the same) with their dependencies from `modules.dep` and
 * `modules.builtin` in `modulesDir`, and with what `modules.softdep` says is loaded before; see modules.dep(5) and modprobe.d(5). If
 * `modulesDir` is null (a kernel without modules), all names are returned as builtin, because only the guest can show whether they are.
 */
export function moduleClosure(modulesDir: string | null, names: readonly string[]): ModuleClosure {
  if (modulesDir === null) return { files: [], builtin: [...names], missing: [] };
  const dependencies = readDependencies(modulesDir);
  const builtins = readBuiltins(modulesDir);
  const softBefore = softDependencies(modulesDir);
  const files: string[] = [];
  const seen = new Set<string>();
  const add = ({ file, needs }: ModuleFile): void => {
    // modules.dep lists direct and indirect dependencies; modprobe loads them from the last to the first.
    for (const one of [...needs.toReversed(), file]) {
      if (seen.has(one)) continue;
      seen.add(one);
      for (const name of softBefore(canonical(one))) {
        const soft = dependencies.get(name);
        if (soft !== undefined) add(soft);
      }
      files.push(one);
    }
  };
  const builtin: string[] = [];
  const missing: string[] = [];
  for (const name of names) {
    const entry = dependencies.get(canonical(name));
    if (entry !== undefined) add(entry);
    else (builtins.has(canonical(name)) ? builtin : missing).push(name);
  }
  return {
    files: files.map(file => (isAbsolute(file) ? file : join(modulesDir, file))),
    builtin,
    missing,
  };
}

/** Names of all modules of a kernel, files and built-in ones, as the kernel writes them: with `_`. */
export function moduleNames(modulesDir: string): string[] {
  return [...readDependencies(modulesDir).keys(), ...readBuiltins(modulesDir)];
}

/** A line of modules.dep: paths relative to its folder. */
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
 * The modules that are loaded before a module although no symbol says so: libcrc32c asks the kernel for the algorithm crc32c, and fails to load
 * with ENOENT while no module has it. `modules.softdep` names them by an alias.
 */
function softDependencies(modulesDir: string): (name: string) => string[] {
  // A megabyte that few modules need.
  let aliases: string[][] | null = null;
  const before = new Map(
    readLines(join(modulesDir, 'modules.softdep')).map(line => {
      const [, name = '', ...words] = line.split(' ');
      return [canonical(name), softBeforeOf(words)];
    }),
  );
  return name =>
    (before.get(name) ?? []).flatMap(wanted => {
      aliases ??= readLines(join(modulesDir, 'modules.alias')).map(line => line.split(' '));
      const modules = aliases.flatMap(([, alias, module]) =>
        alias === wanted && module !== undefined ? [canonical(module)] : [],
      );
      // Others need a CPU that has their instructions.
      const generic = modules.filter(module => module.endsWith('_generic'));
      return [canonical(wanted), ...(generic.length > 0 ? generic : modules)];
    });
}

/** The names after `pre:`, up to `post:`. */
function softBeforeOf(words: readonly string[]): string[] {
  const names: string[] = [];
  let pre = false;
  for (const word of words) {
    if (word.endsWith(':')) pre = word === 'pre:';
    else if (pre) names.push(word);
  }
  return names;
}

/** What is listed is read and put into a guest: a folder from elsewhere must not name other files of this host. */
function isModule(file: string): boolean {
  return /\.ko(?:\.\w+)?$/.test(file) && !file.split('/').includes('..');
}

function readBuiltins(modulesDir: string): Set<string> {
  return new Set(readLines(join(modulesDir, 'modules.builtin')).map(canonical));
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
