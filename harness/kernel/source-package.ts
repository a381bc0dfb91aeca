import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { hashFile } from '../util/hash.ts';
import { hostCommand } from '../util/host-command.ts';
import { withLock } from '../util/lock.ts';
import {
  type AptAccess,
  aptError,
  commandOptions,
  DOWNLOAD_MS,
  privateState,
  runAptGet,
  UPDATE_MS,
} from './apt-state.ts';
import { compareDebianVersions } from './debian-version.ts';

/** One version of a source package, with the checksum of each of its files. */
export interface SourcePackage {
  readonly package: string;
  /** Debian's version, `1.7.0-1`. */
  readonly version: string;
  readonly files: readonly SourceFile[];
}

/** A file of a source package: the .dsc, or one of the tarballs. */
export interface SourceFile {
  readonly name: string;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** The versions of a source package in a suite's signed `Sources` index, newest first. Asks the mirror. Throws `infra` when that fails. */
export async function sourceVersions(
  name: string,
  suite: string,
  options: AptAccess,
): Promise<SourcePackage[]> {
  const { config } = await privateState(suite, 'source', options);
  options.onProgress?.(`asking the mirror for the sources of ${suite}`);
  const run = { ...commandOptions(options), timeoutMs: UPDATE_MS };
  return withLock(config, async () => {
    const update = await runAptGet(config, ['--error-on=any', 'update'], options, { timeoutMs: UPDATE_MS });
    if (!update.ok) throw aptError(`apt could not update the sources of ${suite}`, update);
    const shown = await hostCommand('apt-cache', ['-c', config, 'showsrc', '--only-source', name], run);
    return parseSources(shown.stdout);
  });
}

/** Parses stanzas of a `Sources` index; see deb-src-control(5). Newest first. */
export function parseSources(text: string): SourcePackage[] {
  return text
    .split(/\n\s*\n/)
    .flatMap(stanza => {
      const field = (name: string): string =>
        new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(stanza)?.[1]?.trim() ?? '';
      const sums = /^Checksums-Sha256:[ \t]*\n((?:[ \t].*\n?)+)/m.exec(stanza)?.[1] ?? '';
      const files = [...sums.matchAll(/^[ \t]+([0-9a-f]{64})[ \t]+\d+[ \t]+([^\s/]+)[ \t]*$/gm)].map(
        ([, sha256 = '', name = '']) => ({ name, sha256 }),
      );
      const [name, version] = [field('Package'), field('Version')];
      return name === '' || version === '' || files.length === 0 ? [] : [{ package: name, version, files }];
    })
    .toSorted((a, b) => compareDebianVersions(b.version, a.version));
}

/**
 * Downloads the files of a pinned source package into `folder`, from the first of the suites that has this version. Throws `infra` when none has
 * it any more, when the index lists other files than the pin, or when a file differs from its checksum.
 */
export async function downloadSource(
  pin: SourcePackage,
  suites: readonly string[],
  folder: string,
  options: AptAccess,
): Promise<void> {
  const tried: string[] = [];
  for (const suite of suites) {
    const why = await fromSuite(pin, suite, folder, options).catch((error: unknown) => {
      if (options.signal?.aborted) throw error;
      return messageOf(error);
    });
    if (why === null) return await verify(pin, folder);
    tried.push(why);
  }
  throw new BpfrigError(
    'infra',
    `the source package ${pin.package} ${pin.version} is not available: ${tried.join('; ')}`,
  );
}

/** Returns null when the files were downloaded, or why not. */
async function fromSuite(
  pin: SourcePackage,
  suite: string,
  folder: string,
  options: AptAccess,
): Promise<string | null> {
  const versions = await sourceVersions(pin.package, suite, options);
  if (!versions.some(({ version }) => version === pin.version)) {
    const others = versions.map(({ version }) => version).join(', ');
    return others === '' ? `${suite} does not have it` : `${suite} has ${others}`;
  }
  const { config } = await privateState(suite, 'source', options);
  options.onProgress?.(`downloading the source of ${pin.package} ${pin.version}`);
  const args = ['source', '--download-only', '--only-source', `${pin.package}=${pin.version}`];
  const result = await runAptGet(config, args, options, { timeoutMs: DOWNLOAD_MS, cwd: folder });
  if (!result.ok) throw aptError(`apt could not download the source of ${pin.package} from ${suite}`, result);
  return null;
}

async function verify({ package: name, files }: SourcePackage, folder: string): Promise<void> {
  const there = new Set(await readdir(folder));
  for (const file of files) {
    if (!there.has(file.name))
      throw new BpfrigError(
        'infra',
        `${name}: the mirror's package has no file ${file.name}, which is pinned`,
      );
    const sha256 = await hashFile(join(folder, file.name));
    if (sha256 !== file.sha256)
      throw new BpfrigError('infra', `${file.name}: SHA-256 is ${sha256}, pinned is ${file.sha256}`);
  }
}
