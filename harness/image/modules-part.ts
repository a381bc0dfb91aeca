import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { buildFacts } from '../kernel/build-facts.ts';
import { canonical, moduleClosure, moduleNames } from '../kernel/modules.ts';
import type { Use } from '../kernel/needs.ts';
import { unserved } from '../kernel/unserved.ts';
import { moduleName } from '../model/guest-additions.ts';
import type { Kernel } from '../model/kernel.ts';
import { ensureIntact } from '../util/cache.ts';
import { BpfrigError } from '../util/errors.ts';
import { commandFailure, hostCommandBytes } from '../util/host-command.ts';
import { didYouMean } from '../util/nearest.ts';
import type { CpioEntry } from './cpio.ts';
import type { GuestConfig } from './guest-config.ts';

/** Decompressors of module files, by the end of the file name. Debian uses xz since 6.12, some distributions use zstd. */
const DECOMPRESS: Readonly<Record<string, readonly string[]>> = {
  '.xz': ['xz', '-dc'],
  '.zst': ['zstd', '-dcq'],
  '.gz': ['gzip', '-dc'],
};

/** The largest modules of Debian's have 10 MiB. */
const MAX_MODULE_BYTES = 256 * 1024 * 1024;

/**
 * Returns the modules that a guest of this kernel has, uncompressed, and `/modules.list`, which has their paths in load order.
 * A kernel without a modules folder must have everything built in: where its configuration is not known, the guest may never become ready.
 * Throws an `infra` error that names what the kernel does not have of what every guest needs.
 */
export async function moduleEntries(kernel: Kernel, modules: GuestConfig['modules']): Promise<CpioEntry[]> {
  const obstacle = unserved(kernel, await buildFacts(kernel), new Set<Use>(['guest']));
  if (obstacle !== null) throw obstacle;
  if (kernel.modulesDir === null) return [listEntry([])];
  const { files, soft } = moduleClosure(kernel.modulesDir, [...modules.required, ...modules.optional]);
  return [...(await fileEntries(files)), listEntry(files.map(file => mark(file, soft) + guestPath(file)))];
}

/** In the guest: modules that it is to load in addition to those of every guest. For `bpfrig-agent modules`. */
export const ADDED_MODULES = '/modules.added';

/**
 * Modules that a scenario asks for, each a name and perhaps parameters (`bonding max_bonds=0`), what they depend on, `/modules.added` with their paths in load order, and a modules.dep for modprobe.
 * What is built in, or in every guest, is there already. Of a kernel without a modules folder only the guest can show what it has.
 * Throws a `scenario` error that names a module which the kernel does not have.
 */
export async function addedModuleEntries(
  kernel: Kernel,
  modules: GuestConfig['modules'],
  wanted: readonly string[],
): Promise<CpioEntry[]> {
  const { modulesDir, release } = kernel;
  if (wanted.length === 0) return [];
  if (modulesDir === null) return [textEntry(ADDED_MODULES, '')];
  const parameters = new Map(wanted.map(text => [canonical(moduleName(text)), text.split(' ').slice(1)]));
  const { files, soft, missing } = moduleClosure(modulesDir, wanted.map(moduleName));
  const [lacking] = missing;
  if (lacking !== undefined) throw noModule(kernel, lacking, moduleNames(modulesDir));
  const present = new Set(moduleClosure(modulesDir, [...modules.required, ...modules.optional]).files);
  const added = files.filter(file => !present.has(file));
  const paths = files.map(guestPath);
  const lines = files.map(file =>
    [mark(file, soft) + guestPath(file), ...(parameters.get(canonical(file)) ?? [])].join(' '),
  );
  // Each after all that it depends on, so that the ones before it are more than enough.
  const dependencies = paths.map(
    (path, index) => `${path}: ${paths.slice(0, index).toReversed().join(' ')}\n`,
  );
  return [
    ...(await fileEntries(added)),
    textEntry(ADDED_MODULES, pathLines(lines)),
    textEntry(`/lib/modules/${release}/modules.dep`, dependencies.join('')),
  ];
}

function noModule({ id, release }: Kernel, name: string, names: readonly string[]): BpfrigError {
  const guess = didYouMean(name.replaceAll('-', '_'), names);
  const what = `kernel ${id} (${release}) has no module \`${name}\`, neither in its package nor built in`;
  const remedy = 'state `kernels` if only some have it';
  return new BpfrigError('scenario', guess === '' ? `${what}: ${remedy}` : `${what}${guess} Or ${remedy}`);
}

async function fileEntries(files: readonly string[]): Promise<CpioEntry[]> {
  await ensureIntact(files);
  return Promise.all(
    files.map(async (file): Promise<CpioEntry> => {
      return { path: guestPath(file), kind: 'file', mode: 0o644, data: await readModule(file) };
    }),
  );
}

function guestPath(file: string): string {
  return `/modules/${basename(file).replace(/\.(?:xz|zst|gz)$/, '')}`;
}

/** For `bpfrig-agent modules`: what the kernel may refuse, a module for another CPU for example. */
function mark(file: string, soft: ReadonlySet<string>): '' | '-' {
  return soft.has(file) ? '-' : '';
}

function listEntry(paths: readonly string[]): CpioEntry {
  return textEntry('/modules.list', pathLines(paths));
}

function pathLines(paths: readonly string[]): string {
  return paths.map(path => `${path}\n`).join('');
}

function textEntry(path: string, text: string): CpioEntry {
  return { path, kind: 'file', mode: 0o644, data: Buffer.from(text) };
}

async function readModule(file: string): Promise<Buffer> {
  const command = DECOMPRESS[/\.(?:xz|zst|gz)$/.exec(file)?.[0] ?? ''];
  if (command === undefined) return readFile(file);
  const [program, ...args] = command;
  const result = await hostCommandBytes(program as string, [...args, file], {
    timeoutMs: 60_000,
    maxOutputBytes: MAX_MODULE_BYTES,
  });
  if (!result.ok) throw commandFailure(`${basename(file)} does not unpack`, result);
  return result.stdout;
}
