import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import semver from 'semver';
import type { Architecture } from '../arch/architecture.ts';
import { BpfrigError } from '../util/errors.ts';
import { hostCommand } from '../util/host-command.ts';

/** Where Debian's packages of LLVM are: `/usr/lib/llvm-19`. */
const LLVM_ROOT = '/usr/lib';

/**
 * Options for gcc, so that it links what it compiles for a foreign architecture by a linker that can: LLVM's where GNU ld is too old, else none.
 * Throws `infra`, with the package to install, where this host has neither.
 */
export async function linkerFlags({ text, toolchain }: Architecture, root = LLVM_ROOT): Promise<string[]> {
  const { linker, tuple } = toolchain;
  if (linker === undefined) return [];
  const gnu = await gnuVersion(`${tuple}-ld`);
  if (gnu !== null && semver.gte(gnu, linker.gnuSince)) return [];
  const llvm = await newestLlvm(root, linker.llvmSince);
  if (llvm !== null) return [`-B${join(root, `llvm-${llvm}`, 'bin')}`, '-fuse-ld=lld'];
  throw new BpfrigError(
    'infra',
    `programs for guests of ${text} need GNU ld ${linker.gnuSince} or LLVM's linker ${linker.llvmSince}, and this host has ${gnu ?? 'no GNU ld'}: install ${linker.package}`,
  );
}

/** Of `GNU ld (GNU Binutils for Debian) 2.40`; null where there is no such linker. */
async function gnuVersion(program: string): Promise<string | null> {
  const result = await hostCommand(program, ['--version'], { timeoutMs: 10_000 }).catch(() => null);
  return semver.coerce(/ (\d+\.\d\S*)$/m.exec(result?.stdout ?? '')?.[1])?.version ?? null;
}

async function newestLlvm(root: string, since: number): Promise<number | null> {
  const names = await readdir(root).catch(() => []);
  const versions = names.flatMap(name => {
    const version = /^llvm-(\d+)$/.exec(name)?.[1];
    return version === undefined || Number(version) < since ? [] : [Number(version)];
  });
  for (const version of versions.toSorted((a, b) => b - a)) {
    const programs: string[] = await readdir(join(root, `llvm-${version}`, 'bin')).catch(() => []);
    if (programs.includes('ld.lld')) return version;
  }
  return null;
}
