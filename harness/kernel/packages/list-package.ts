import { open } from 'node:fs/promises';
import { BpfrigError, messageOf } from '../../util/errors.ts';
import { hostCommand, HostCommandError, type HostCommandResult } from '../../util/host-command.ts';
import { openDeb } from './deb.ts';
import { kernelPart, memberPath } from './kernel-parts.ts';
import { missingProgram, PackageFault, type PackageFile, type PackageFormat } from './member.ts';
import { readRpmHeader } from './rpm-header.ts';

/** What a package says of itself. */
export interface ListedPackage extends PackageFile {
  readonly name: string;
  readonly version: string;
  /** As its distribution writes it: `amd64`, `x86_64`, `all`, `ppc64le`. */
  readonly arch: string;
  /** The releases of which it has a part, most have one; none in a package of headers or documents. */
  readonly releases: readonly string[];
  /** Those of them of which it has the image. */
  readonly images: readonly string[];
}

/** First bytes of each format, and what to call it. */
const FORMATS: Readonly<Record<PackageFormat, { readonly magic: string; readonly text: string }>> = {
  deb: { magic: '!<arch>\ndebian-binary', text: 'a Debian package' },
  rpm: { magic: '\xed\xab\xee\xdb', text: 'an RPM package' },
};

/** Longest time for one program that reads a package, in milliseconds. */
const LIST_MS = 120_000;

/**
 * Lists a package of the user's without unpacking it. Throws a `usage` error for a file that is missing, is no package, is one of the other format, or is damaged where it lists its
 * files; `infra` where a program of the host is missing.
 */
export async function listPackage(
  format: PackageFormat,
  file: string,
  signal?: AbortSignal,
): Promise<ListedPackage> {
  const begin = await firstBytes(file);
  const found = (['deb', 'rpm'] as const).find(name => begin.startsWith(FORMATS[name].magic));
  if (found === undefined) throw new BpfrigError('usage', `${file} is not ${FORMATS[format].text}`);
  if (found !== format)
    throw new BpfrigError('usage', `${file} is ${FORMATS[found].text}: name it ${found}:${file}`);
  try {
    return await (format === 'deb' ? listDeb(file, signal) : listRpm(file));
  } catch (error) {
    if (error instanceof BpfrigError && !(error instanceof PackageFault)) throw error;
    signal?.throwIfAborted();
    throw new BpfrigError('usage', `cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
}

async function firstBytes(file: string): Promise<string> {
  try {
    const handle = await open(file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(32), 0, 32, 0);
      return buffer.toString('latin1', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const why = isMissing ? 'no such file or folder' : messageOf(error);
    throw new BpfrigError('usage', `cannot read ${file}: ${why}`, { cause: error });
  }
}

async function listRpm(file: string): Promise<ListedPackage> {
  const { name, version, arch, isSource, files } = await readRpmHeader(file);
  if (isSource) throw new PackageFault('it is a package of sources: name what is built from it');
  return { format: 'rpm', file, name, version, arch, ...partsOf(files.map(path => path.slice(1))) };
}

async function listDeb(file: string, signal: AbortSignal | undefined): Promise<ListedPackage> {
  const fields = await dpkgDeb(['-f', file, 'Package', 'Version', 'Architecture'], file, signal);
  if (!fields.ok) throw new PackageFault(fields.stderr.split('\n')[0] ?? '');
  const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(fields.stdout)?.[1] ?? '';
  const about = {
    format: 'deb',
    file,
    name: field('Package'),
    version: field('Version'),
    arch: field('Architecture'),
  } as const;
  // The list of checksums costs nothing to read; without it, the whole package is unpacked to nowhere.
  const sums = await dpkgDeb(['-I', file, 'md5sums'], file, signal);
  const names = sums.ok
    ? sums.stdout.split('\n').map(line => line.replace(/^\w{32} [ *]/, ''))
    : await namesInDeb(file, signal);
  return { ...about, ...partsOf(names) };
}

async function dpkgDeb(
  args: readonly string[],
  file: string,
  signal: AbortSignal | undefined,
): Promise<HostCommandResult> {
  try {
    return await hostCommand('dpkg-deb', args, { timeoutMs: LIST_MS, signal });
  } catch (error) {
    if (error instanceof HostCommandError && error.trouble === 'missing')
      throw missingProgram('dpkg-deb', file);
    throw error;
  }
}

async function namesInDeb(file: string, signal: AbortSignal | undefined): Promise<string[]> {
  const timeout = AbortSignal.timeout(LIST_MS);
  const source = openDeb(file, signal === undefined ? timeout : AbortSignal.any([signal, timeout]));
  const names: string[] = [];
  try {
    for await (const { name, type } of source.members) if (type === 'file') names.push(name);
  } finally {
    source.kill();
  }
  const { code, stderr } = await source.ended;
  if (names.length === 0 && code !== 0) throw new PackageFault(stderr.split('\n')[0] || 'dpkg-deb was ended');
  return names;
}

function partsOf(names: readonly string[]): Pick<ListedPackage, 'releases' | 'images'> {
  const parts = names.flatMap(name => kernelPart(memberPath(name)) ?? []);
  const unique = (list: readonly { readonly release: string }[]): string[] => [
    ...new Set(list.map(({ release }) => release)),
  ];
  return { releases: unique(parts), images: unique(parts.filter(({ isImage }) => isImage)) };
}
