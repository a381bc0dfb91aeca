import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { BpfrigError, messageOf } from '../util/errors.ts';

/** What a package of a kernel may hold at most. Debian's largest have 500 MiB in 5,000 files. */
const LIMITS = { members: 100_000, bytes: 4 * 1024 ** 3, nameBytes: 1_024 } as const;

/** Limits as tests set them. */
export type DebLimits = { readonly [K in keyof typeof LIMITS]: number };

/** Longest time for one package, in milliseconds. */
const UNPACK_MS = 300_000;

/** What bpfrig uses of a kernel's package. */
const WANTED = /^(?:boot\/(?:vmlinu[xz]|config)-|(?:usr\/)?lib\/modules\/)/;

/**
 * Unpacks what belongs to a kernel from a .deb into `folder`, which must not exist before or be empty: regular files only, with mode 0600, whatever
 * owner and mode the package asks for. Links, device nodes and everything outside of boot/ and lib/modules/ are not created.
 *
 * A signature says who made a package, not that nothing is wrong with it. Throws `infra` for one that is truncated, that names a place outside
 * (`..`, an absolute path), that has device nodes or hard links, or that is larger than any kernel.
 */
export async function unpackDeb(
  deb: string,
  folder: string,
  {
    signal,
    limits = LIMITS,
  }: { readonly signal?: AbortSignal | undefined; readonly limits?: DebLimits } = {},
): Promise<void> {
  const refuse = (why: string, detail: string | null = null, cause?: unknown): BpfrigError =>
    new BpfrigError('infra', `cannot unpack ${basename(deb)}: ${why}`, { detail, cause });
  const timeout = AbortSignal.timeout(UNPACK_MS);
  const stop = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  // With the signal the program's end is not waited for any longer either: it may have closed its output and hang.
  const child = spawn('dpkg-deb', ['--fsys-tarfile', deb], {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: stop,
    killSignal: 'SIGKILL',
  });
  const ended = endOf(child);
  const members = extract();
  // An error of the pipe ends the loop below; it is thrown there.
  const piped = pipeline(child.stdout, members, { signal: stop }).catch(() => undefined);
  try {
    const sum = { members: 0, bytes: 0 };
    for await (const member of members) {
      const { header } = member;
      const path = pathIn(header, limits);
      if (path.problem !== null) throw refuse(path.problem);
      sum.members += 1;
      sum.bytes += header.size;
      if (sum.members > limits.members) throw refuse(`it has more than ${limits.members} members`);
      if (sum.bytes > limits.bytes) throw refuse(`it unpacks to more than ${limits.bytes} bytes`);
      const target = join(folder, path.name);
      if (header.type === 'directory' && WANTED.test(`${path.name}/`))
        await mkdir(target, { recursive: true, mode: 0o700 });
      if (isFile(header) && WANTED.test(path.name)) {
        await mkdir(dirname(target), { recursive: true, mode: 0o700 });
        // No file is replaced, and no link followed.
        await pipeline(member, createWriteStream(target, { flags: 'wx', mode: 0o600 }));
      } else {
        member.resume();
      }
    }
    const { code, by, stderr } = await ended;
    signal?.throwIfAborted();
    if (code !== 0) throw refuse(stderr.split('\n')[0] || `dpkg-deb ended with ${by ?? code}`, stderr);
  } catch (error) {
    child.kill('SIGKILL');
    const { code, stderr } = await ended;
    signal?.throwIfAborted();
    if (timeout.aborted) throw refuse(`it did not end within ${UNPACK_MS / 1000} s`);
    if (error instanceof BpfrigError) throw error;
    if (error instanceof Error && 'syscall' in error) throw error;
    const why = code !== 0 && stderr !== '' ? (stderr.split('\n')[0] ?? '') : messageOf(error);
    throw refuse(why, stderr, error);
  } finally {
    await piped;
  }
}

/** Path of a member within the package, and what is wrong with the member. */
function pathIn(
  { name, type, linkname }: Header,
  limits: DebLimits,
): { readonly name: string; readonly problem: string | null } {
  const inner = name.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '');
  const shown = JSON.stringify(name.slice(0, 200));
  const problem = (): string | null => {
    if (Buffer.byteLength(name) > limits.nameBytes) return `the name ${shown}... is too long`;
    if (isOutside(inner)) return `${shown} is outside of the package`;
    switch (type) {
      case 'file':
      case 'contiguous-file':
      case 'directory':
      case 'symlink':
        return null;
      default:
        return `${shown} is a ${type}${linkname ? ` to ${JSON.stringify(linkname)}` : ''}, which no kernel's package has`;
    }
  };
  return { name: inner, problem: problem() };
}

function isOutside(name: string): boolean {
  return name.startsWith('/') || name.includes('\0') || name.split('/').includes('..');
}

function isFile({ type }: Header): boolean {
  return type === 'file' || type === 'contiguous-file';
}

interface Ended {
  readonly code: number | null;
  readonly by: NodeJS.Signals | null;
  readonly stderr: string;
}

function endOf(child: ReturnType<typeof spawn>): Promise<Ended> {
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    if (stderr.length < 10_000) stderr += chunk.toString();
  });
  return new Promise(resolve => {
    child.once('error', error => resolve({ code: null, by: null, stderr: messageOf(error) }));
    child.once('close', (code, by) => resolve({ code, by, stderr }));
  });
}
