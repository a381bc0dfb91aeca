import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Kernel } from '../model/kernel.ts';
import { kernelConfig } from './config.ts';
import { canonical, moduleFileNames, namesIn } from './modules.ts';

/** What is known of how a kernel was built, before it boots. */
export interface BuildFacts {
  /** `CONFIG_X=y` line by line; null where it is not known. */
  readonly config: string | null;
  /** Modules that are files, by name; null for a kernel without a folder of modules. */
  readonly modules: ReadonlySet<string> | null;
  /** Modules that are built in, by name; null where no file lists them. */
  readonly builtin: ReadonlySet<string> | null;
}

/** Nothing is known. */
export const UNKNOWN_BUILD: BuildFacts = { config: null, modules: null, builtin: null };

/** Reads what is next to a kernel: its configuration, modules.dep and modules.builtin. */
export async function buildFacts(kernel: Kernel): Promise<BuildFacts> {
  const { modulesDir } = kernel;
  const list = builtinList(kernel);
  return {
    config: await kernelConfig(kernel),
    modules: modulesDir === null ? null : new Set(moduleFileNames(modulesDir)),
    builtin: list === null ? null : new Set(namesIn(list)),
  };
}

/** The file that lists what is built in: with the modules, or at the root of the tree that the kernel was built in. */
function builtinList({ modulesDir, image, given }: Kernel): string | null {
  const folders =
    modulesDir === null
      ? [given ?? image].flatMap(file => [dirname(file), join(dirname(file), '..', '..', '..')])
      : [modulesDir];
  return folders.map(folder => join(folder, 'modules.builtin')).find(file => existsSync(file)) ?? null;
}

/** Whether a kernel has a module, as a file or built in; null where that is not known. */
export function hasModule({ modules, builtin }: BuildFacts, module: string): boolean | null {
  const name = canonical(module);
  if (modules?.has(name) === true || builtin?.has(name) === true) return true;
  return builtin === null ? null : false;
}
