import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { BpfrigError, type ErrorCode, messageOf } from '../../util/errors.ts';
import { openDeb } from './deb.ts';
import { isWanted, memberPath } from './kernel-parts.ts';
import {
  type Member,
  missingProgram,
  type OpenPackage,
  PackageFault,
  type PackageFile,
  type PackageFormat,
} from './member.ts';
import { openRpm } from './rpm.ts';

/** What a package of a kernel may hold at most. Debian's largest have 500 MiB in 5,000 files. */
const LIMITS = { members: 100_000, bytes: 4 * 1024 ** 3, nameBytes: 1_024 } as const;

/** Limits as tests set them. */
export type PackageLimits = { readonly [K in keyof typeof LIMITS]: number };

/** Longest time for one package, in milliseconds. */
const UNPACK_MS = 300_000;

const OPEN: Readonly<
  Record<PackageFormat, (file: string, signal: AbortSignal) => OpenPackage | Promise<OpenPackage>>
> = { deb: openDeb, rpm: openRpm };

/** How a package is unpacked. */
export interface UnpackOptions {
  readonly signal?: AbortSignal | undefined;
  readonly limits?: PackageLimits;
  /** Whose fault a bad package is: `infra` for one that was downloaded, `usage` for one that the user named. */
  readonly fault?: Extract<ErrorCode, 'usage' | 'infra'>;
}

/**
 * Unpacks what belongs to a kernel from a package into `folder`: regular files only, with mode 0600, whatever owner and mode the package asks for.
 * Links, device nodes and everything outside of boot/ and lib/modules/ are not created; usr/lib/modules/ becomes lib/modules/, and `.ko.gz` is unpacked to `.ko`, because
 * depmod of Debian does not read it.
 *
 * A signature says who made a package, not that nothing is wrong with it. Throws for one that is truncated or damaged, that names a place outside
 * (`..`, an absolute path), that has device nodes or hard links, that is larger than any kernel, or that brings a file that `folder` has already.
 */
export async function unpackPackage(
  { format, file }: PackageFile,
  folder: string,
  { signal, limits = LIMITS, fault = 'infra' }: UnpackOptions = {},
): Promise<void> {
  const refuse = (why: string, detail: string | null = null, cause?: unknown): BpfrigError =>
    new BpfrigError(fault, `cannot unpack ${basename(file)}: ${why}`, { detail, cause });
  const timeout = AbortSignal.timeout(UNPACK_MS);
  const stop = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  let source: OpenPackage | null = null;
  try {
    source = await OPEN[format](file, stop);
    const sum = { members: 0, bytes: 0 };
    const count = (bytes: number): void => {
      sum.bytes += bytes;
      if (sum.bytes > limits.bytes) throw refuse(`it unpacks to more than ${limits.bytes} bytes`);
    };
    for await (const member of source.members) {
      const path = pathIn(member, limits);
      if (path.problem !== null) throw refuse(path.problem);
      sum.members += 1;
      if (sum.members > limits.members) throw refuse(`it has more than ${limits.members} members`);
      count(member.sizeBytes);
      if (member.type === 'directory' && isWanted(`${path.name}/`))
        await mkdir(join(folder, path.name), { recursive: true, mode: 0o700 });
      if (member.type === 'file' && isWanted(path.name)) await write(member, join(folder, path.name), count);
    }
    const { code, by, stderr, missing } = await source.ended;
    signal?.throwIfAborted();
    if (missing !== null) throw missingProgram(missing, basename(file));
    if (code !== 0) throw refuse(firstLine(stderr) ?? `its unpacker ended with ${by ?? code}`, stderr);
  } catch (error) {
    source?.kill();
    const ended = await source?.ended;
    signal?.throwIfAborted();
    if (timeout.aborted) throw refuse(`it did not end within ${UNPACK_MS / 1000} s`);
    if (error instanceof BpfrigError && !(error instanceof PackageFault)) throw error;
    if (ended?.missing != null) throw missingProgram(ended.missing, basename(file));
    if (error instanceof Error && 'syscall' in error && source !== null) throw taken(error, folder, refuse);
    const said = ended === undefined || ended.code === 0 ? null : firstLine(ended.stderr);
    throw refuse(said ?? messageOf(error), ended?.stderr ?? null, error);
  }
}

/** gzip begins with an empty line. */
function firstLine(text: string): string | null {
  return text.split('\n').find(line => line.trim() !== '') ?? null;
}

/** No file is replaced, and no link followed. */
async function write(member: Member, target: string, count: (bytes: number) => void): Promise<void> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const open = (path: string) => createWriteStream(path, { flags: 'wx', mode: 0o600 });
  if (!target.endsWith('.ko.gz')) return await pipeline(member.content, open(target));
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        count(chunk.length);
        done(null, chunk);
      } catch (error) {
        done(error as Error);
      }
    },
  });
  await pipeline(member.content, createGunzip(), counted, open(target.slice(0, -'.gz'.length)));
}

/** An error of the disk is the host's; a file that is there already is not. */
function taken(error: Error, folder: string, refuse: (why: string) => BpfrigError): Error {
  if (!('code' in error) || error.code !== 'EEXIST' || !('path' in error)) return error;
  const name = String(error.path).slice(folder.length + 1);
  return refuse(`${JSON.stringify(name)} is in it twice, or also in another one of these packages`);
}

/** Path of a member within the package, and what is wrong with the member. */
function pathIn(
  { name, type, kind }: Member,
  limits: PackageLimits,
): { readonly name: string; readonly problem: string | null } {
  const inner = memberPath(name);
  const shown = JSON.stringify(name.slice(0, 200));
  const problem = (): string | null => {
    if (Buffer.byteLength(name) > limits.nameBytes) return `the name ${shown}... is too long`;
    if (isOutside(inner)) return `${shown} is outside of the package`;
    return type === 'other' ? `${shown} is a ${kind}, which no kernel's package has` : null;
  };
  return { name: inner, problem: problem() };
}

function isOutside(name: string): boolean {
  return name.startsWith('/') || name.includes('\0') || name.split('/').includes('..');
}
