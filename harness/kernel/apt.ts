import { readdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AptAccess,
  aptError,
  aptFolder,
  commandOptions,
  DOWNLOAD_MS,
  privateState,
  runAptGet,
  UPDATE_MS,
} from './apt-state.ts';
import { cacheError } from '../util/cache-error.ts';
import { readChecked, writeChecked } from '../util/checked-json.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { hashFile } from '../util/hash.ts';
import { hostCommand, type HostCommandResult } from '../util/host-command.ts';
import { withLock } from '../util/lock.ts';
import type { ArchName } from '../model/kernel.ts';
import { type IndexedPackage, parsePackages } from './package-index.ts';

/** Age up to which an index is used without asking the mirror again. */
const INDEX_MAX_AGE_MS = 6 * 3_600_000;

/** The kernel packages of one suite and architecture, as of the last update from the mirror. */
export interface SuiteIndex {
  readonly suite: string;
  readonly arch: ArchName;
  readonly packages: readonly IndexedPackage[];
  /** SHA-256 of packages that the index lists but for which the mirror returned 404. */
  readonly unavailable: readonly string[];
  /** Why the mirror could not be reached, if this is an old index; null if the index is fresh. */
  readonly stale: string | null;
}

const NOT_FOUND = / 404 /;
const UNKNOWN_TO_APT = /Can't find a source|Version .* was not found|Unable to locate/;

/** Options of every call that uses a suite. */
export type AptOptions = AptAccess;

/** The mirror lists a package but does not have it. The next candidate may still be available. */
export class PackageGone extends Error {
  readonly sha256: string;
  constructor(entry: IndexedPackage, suite: string) {
    super(`${entry.name} ${entry.version} is listed in ${suite}, but the mirror returns 404`);
    this.sha256 = entry.sha256;
  }
}

/**
 * Returns the kernel packages of a suite for an architecture. Asks the mirror at most every `maxAgeMs`; apt checks the signatures. If the mirror cannot
 * be reached, an older index is returned with `stale` set. If there is no older index, throws an `infra` error.
 */
export async function suiteIndex(
  suite: string,
  arch: ArchName,
  options: AptOptions,
  maxAgeMs: number = INDEX_MAX_AGE_MS,
): Promise<SuiteIndex> {
  const file = indexFile(suite, arch, options);
  const recent = await readIndex(file, maxAgeMs);
  if (recent !== null) return { ...recent, stale: null };
  return withLock(
    file,
    async () => {
      const meanwhile = await readIndex(file, maxAgeMs);
      if (meanwhile !== null) return { ...meanwhile, stale: null };
      try {
        const fresh = { suite, arch, packages: await update(suite, arch, options), unavailable: [] };
        await writeChecked(file, fresh);
        return { ...fresh, stale: null };
      } catch (error) {
        const old = options.signal?.aborted ? null : await readIndex(file, Infinity);
        if (old === null) throw await cacheError(file, error);
        return { ...old, stale: messageOf(error) };
      }
    },
    options,
  );
}

/**
 * Downloads packages of a suite into `folder` and returns the .deb files in the same order. Their checksums are compared with the
 * index. Throws `PackageGone` on a 404, which is remembered until the next update of the index; an `infra` error for any other failure.
 */
export async function downloadPackages(
  suite: string,
  arch: ArchName,
  packages: readonly IndexedPackage[],
  folder: string,
  options: AptOptions,
): Promise<string[]> {
  const files: string[] = [];
  for (const entry of packages) {
    options.onProgress?.(
      `downloading ${entry.name} ${entry.version} (${Math.ceil(entry.size / 2 ** 20)} MiB)`,
    );
    const result = await downloadOnce(suite, arch, entry, folder, options);
    if (!result.ok) {
      if (NOT_FOUND.test(result.stderr) || UNKNOWN_TO_APT.test(result.stderr)) {
        await remember(indexFile(suite, arch, options), entry.sha256);
        throw new PackageGone(entry, suite);
      }
      throw aptError(`apt could not download ${entry.name} ${entry.version} from ${suite}`, result);
    }
    const name = (await readdir(folder)).find(
      file => file.startsWith(`${entry.name}_`) && file.endsWith('.deb'),
    );
    if (name === undefined)
      throw aptError(`apt-get download succeeded but wrote no file for ${entry.name}`, result);
    const file = join(folder, name);
    const sha256 = await hashFile(file);
    if (sha256 !== entry.sha256) {
      throw new BpfrigError(
        'infra',
        `${name}: SHA-256 is ${sha256}, the index of ${suite} lists ${entry.sha256}`,
      );
    }
    files.push(file);
  }
  return files;
}

/** `apt-get download`, and once more where the reason may be gone then. */
async function downloadOnce(
  suite: string,
  arch: ArchName,
  { name, version }: IndexedPackage,
  folder: string,
  options: AptOptions,
): Promise<HostCommandResult> {
  const { config } = await privateState(suite, arch, options);
  const download = (): Promise<HostCommandResult> =>
    runAptGet(config, ['download', `${name}=${version}`], options, { timeoutMs: DOWNLOAD_MS, cwd: folder });
  const result = await download();
  if (result.ok) return result;
  if (UNKNOWN_TO_APT.test(result.stderr)) {
    // The lists are apt's own, beside the index: they can be damaged while the index is whole.
    await update(suite, arch, options);
    return await download();
  }
  if (!NOT_FOUND.test(result.stderr)) return result;
  // One server of the mirror may be a moment behind the others. A 404 that is remembered costs all later runs a kernel.
  await sleep(2_000, undefined, { signal: options.signal });
  return await download();
}

function indexFile(suite: string, arch: ArchName, { cacheDir }: AptOptions): string {
  return join(cacheDir, 'apt', aptFolder(suite, arch), 'kernels.json');
}

async function update(suite: string, arch: ArchName, options: AptOptions): Promise<IndexedPackage[]> {
  const state = await privateState(suite, arch, options);
  options.onProgress?.(`asking the mirror for ${suite}`);
  const run = { ...commandOptions(options), timeoutMs: UPDATE_MS };
  const updated = await runAptGet(state.config, ['--error-on=any', 'update'], options, run);
  if (!updated.ok) throw aptError(`apt could not update ${suite}`, updated);
  const targets = await hostCommand(
    'apt-get',
    ['-c', state.config, 'indextargets', '--format', '$(FILENAME)'],
    run,
  );
  const index = targets.stdout.split('\n').find(path => path.includes('Packages'));
  if (!targets.ok || index === undefined) throw aptError(`apt has no Packages index for ${suite}`, targets);
  // The machine's apt configuration decides how indexes are compressed; apt-helper reads all formats.
  const text = await hostCommand('/usr/lib/apt/apt-helper', ['-c', state.config, 'cat-file', index], {
    ...run,
    maxOutputBytes: 1_000_000_000,
  });
  if (!text.ok) throw aptError(`apt-helper could not read the index of ${suite}`, text);
  return parsePackages(text.stdout, arch);
}

async function readIndex(file: string, maxAgeMs: number): Promise<Omit<SuiteIndex, 'stale'> | null> {
  const ageMs = Date.now() - ((await stat(file).catch(() => null))?.mtimeMs ?? -Infinity);
  // A file from the future was written before the clock was set back.
  if (ageMs > maxAgeMs || ageMs < -INDEX_MAX_AGE_MS) return null;
  return (await readChecked(file)) as Omit<SuiteIndex, 'stale'> | null;
}

async function remember(file: string, sha256: string): Promise<void> {
  await withLock(file, async () => {
    const index = await readIndex(file, Infinity);
    if (index === null || index.unavailable.includes(sha256)) return;
    const { atime, mtime } = await stat(file);
    await writeChecked(file, { ...index, unavailable: [...index.unavailable, sha256] });
    // Recording a 404 does not make the index newer.
    await utimes(file, atime, mtime);
  });
}
