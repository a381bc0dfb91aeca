import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { architecture, ARCHITECTURES, hostArchitecture } from '../../arch/architectures.ts';
import type { Architecture } from '../../arch/architecture.ts';
import { BpfrigError } from '../../util/errors.ts';
import { hostCommand, HostCommandError } from '../../util/host-command.ts';

/** Longest time for one target of a kernel's build, in milliseconds: a cold build takes an hour on two cores. */
const BUILD_MS = 4 * 3_600_000;

/** What make builds, and where. */
export interface Make {
  /** What messages call the kernel. */
  readonly spec: string;
  /** Where make runs: the tree. */
  readonly dir: string;
  /** Where the results go (`O=`); absent: into the tree. */
  readonly output?: string;
  readonly arch: Architecture;
  readonly signal?: AbortSignal | undefined;
}

/** The architecture that a .config is for: its third line, `# Linux/arm64 6.12.1 Kernel Configuration`; x86-64 where it does not say. */
export function configuredFor(dir: string): Architecture {
  const name = /^# Linux\/(\w+) /m.exec(configHead(dir))?.[1];
  return ARCHITECTURES.find(({ kernel }) => kernel.makeArch === name) ?? architecture('amd64');
}

/** The beginning of a .config. Of one that cannot be read, make says why. */
function configHead(dir: string): string {
  try {
    return readFileSync(join(dir, '.config'), 'utf8').slice(0, 1_000);
  } catch {
    return '';
  }
}

/** Runs make for targets of a kernel's tree, in turn. Throws `infra` with the build's output if one fails. */
export async function makeTargets(
  { spec, dir, output, arch, signal }: Make,
  targets: readonly string[],
): Promise<void> {
  // stdin is closed, so that make cannot ask for the values of new symbols; olddefconfig sets them to their defaults.
  const options = { cwd: dir, timeoutMs: BUILD_MS, signal };
  const into = output === undefined ? [] : [`O=${output}`];
  for (const target of targets) {
    const args = [`-j${availableParallelism()}`, ...into, ...makeVariables(arch), target];
    const result = await hostCommand('make', args, options);
    if (result.ok) continue;
    const log = `${result.stdout}${result.stderr}`;
    const line =
      log.split('\n').find(text => /error:|not found|\*\*\*/.test(text)) ?? `exit code ${result.exitCode}`;
    const remedy = /not found|No such file/.test(line)
      ? ' (the same command with --setup installs what kernels are built with)'
      : '';
    throw new BpfrigError('infra', `${spec}: make ${target} failed: ${line.trim()}${remedy}`, {
      detail: log,
    });
  }
}

/** What the compiler of a kernel's tree calls itself, as Kconfig has it in CC_VERSION_TEXT; '' where it is not there, which make reports. */
export async function compilerName(arch: Architecture, signal?: AbortSignal): Promise<string> {
  try {
    const { stdout } = await hostCommand(`${prefixOf(arch)}gcc`, ['--version'], {
      timeoutMs: 10_000,
      signal,
    });
    return stdout.split('\n', 1)[0] ?? '';
  } catch (error) {
    if (error instanceof HostCommandError && error.trouble === 'missing') return '';
    throw error;
  }
}

/** `ARCH` and `CROSS_COMPILE` for make; none for the host's own architecture. */
function makeVariables(arch: Architecture): string[] {
  const prefix = prefixOf(arch);
  return prefix === '' ? [] : [`ARCH=${arch.kernel.makeArch}`, `CROSS_COMPILE=${prefix}`];
}

/** What the names of the tools begin with: `aarch64-linux-gnu-`; '' for the host's own architecture. */
function prefixOf({ name, toolchain }: Architecture): string {
  return name === hostArchitecture()?.name ? '' : `${toolchain.tuple}-`;
}
