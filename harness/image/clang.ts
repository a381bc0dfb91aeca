import { realpath } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { BpfrigError } from '../util/errors.ts';
import { hostCommand } from '../util/host-command.ts';
import { once } from '../util/once.ts';
import { findProgram } from './host-programs.ts';
import { launcher } from '../util/launcher.ts';

/** The compiler of BPF objects; `version` is its own text, part of every cache key. */
export interface Compiler {
  readonly path: string;
  readonly version: string;
}

const compilers = new Map<string, Promise<Compiler>>();

/** clang as PATH finds it. Throws `infra` when the host has none. */
export async function findClang(): Promise<Compiler> {
  const path = await realpath(await findProgram('clang'));
  return once(compilers, path, async () => {
    const { stdout } = await hostCommand(path, ['--version'], { timeoutMs: 10_000 });
    return { path, version: stdout };
  });
}

/** What clang printed. */
export interface ClangResult {
  readonly ok: boolean;
  readonly stdout: string;
  readonly log: string;
}

/** Longest time for one object, in milliseconds. */
const COMPILE_MS = 180_000;

/** Runs clang in a folder, which is what relative paths in its arguments are relative to. */
export async function runClang(
  { path }: Compiler,
  args: readonly string[],
  cwd: string,
): Promise<ClangResult> {
  const { ok, stdout, stderr, exitCode, signal } = await hostCommand(path, args, {
    timeoutMs: COMPILE_MS,
    cwd,
    maxOutputBytes: 1 << 30,
  });
  if (ok) return { ok, stdout, log: stderr };
  return { ok, stdout: '', log: stderr || `clang ended with ${signal ?? `exit code ${exitCode}`}` };
}

/** The error for a source that does not compile: clang's first complaint with its place, and what to do about it. */
export function compileError(label: string, cwd: string, log: string): BpfrigError {
  const line =
    log.split('\n').find(one => /(?:^|: )(?:fatal )?error: /.test(one)) ?? log.split('\n')[0] ?? '';
  const where = line.replace(/^[^:\s]+(?=:\d+)/, path => relative(process.cwd(), resolve(cwd, path)));
  const remedy = REMEDIES.find(({ when }) => when.test(line))?.text;
  const hint = remedy === undefined ? '' : ` (${remedy})`;
  return new BpfrigError('scenario', `${label} does not compile with clang: ${where}${hint}`, {
    detail: log,
  });
}

/** What to do about a message of clang's; the first that matches. */
const REMEDIES: readonly { readonly when: RegExp; readonly text: string }[] = [
  {
    when: /'(?:bpf|linux|asm)\/[^']*' file not found/,
    text: `a header of libbpf that there is not, or one of linux-libc-dev: ${launcher()} doctor --fix installs them; for one of your own, name its folder in \`cflags\``,
  },
  {
    when: /file not found/,
    text: 'name the folder that has it in `cflags`, for example [-Iinclude]; it is relative to the scenario',
  },
  {
    when: /unknown type name|incomplete definition of type|undeclared identifier/,
    text: 'include the header that declares it, or "vmlinux.h" for the types of the kernel',
  },
  {
    when: /unknown argument|unknown target CPU/,
    text: 'an option in `cflags` that this clang does not know',
  },
];
