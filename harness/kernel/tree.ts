import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { architecture, ARCHITECTURES, hostArchitecture } from '../arch/architectures.ts';
import type { Architecture } from '../arch/architecture.ts';
import type { Kernel } from '../model/kernel.ts';
import { BpfrigError } from '../util/errors.ts';
import { hashKey } from '../util/hash.ts';
import { hostCommand } from '../util/host-command.ts';
import { withLock } from '../util/lock.ts';
import { fetchPathKernel } from './path.ts';

/** A source tree that is configured, and the kernel that it becomes. */
export interface TreeRequest {
  readonly dir: string;
  readonly id: string;
  readonly spec: string;
  readonly cacheDir: string;
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Builds a configured kernel source tree (`make bzImage`, for arm64 `make Image`, which is quick if nothing changed) and takes the image. Modules are not
 * built: the configuration must have everything that a guest needs as =y. Throws a `usage` error if there is no .config, `infra` with
 * the build's output if the build fails.
 */
export async function fetchTreeKernel(request: TreeRequest): Promise<Kernel> {
  const { dir, spec } = request;
  if (!existsSync(join(dir, 'Makefile')) || !existsSync(join(dir, 'Kconfig'))) {
    throw new BpfrigError(
      'usage',
      `${spec}: ${dir} is not a kernel source tree (Makefile or Kconfig is missing)`,
    );
  }
  if (!existsSync(join(dir, '.config'))) {
    throw new BpfrigError(
      'usage',
      `${spec}: ${dir} has no .config; create one, for example with \`make tinyconfig\` and a fragment`,
    );
  }
  const arch = configuredFor(dir);
  request.onProgress?.(`building ${dir} (make ${arch.kernel.target})`);
  // Concurrent runs must not build the same tree.
  await withLock(join(request.cacheDir, 'trees', hashKey(dir)), () => build(request, arch), {
    signal: request.signal,
  });
  const image = join(dir, arch.kernel.image);
  if (!existsSync(image))
    throw new BpfrigError('infra', `${spec}: make succeeded but wrote no ${arch.kernel.image} in ${dir}`);
  const notes = [`built from ${dir}; only built-in features, no modules`];
  const { id, cacheDir } = request;
  return { ...(await fetchPathKernel({ path: image, id, spec, cacheDir, notes })), modulesDir: null };
}

/** Longest time for one target of a kernel's build, in milliseconds: a cold build takes an hour on two cores. */
const BUILD_MS = 4 * 3_600_000;

/** The architecture that a .config is for: its third line, `# Linux/arm64 6.12.1 Kernel Configuration`; x86-64 where it does not say. */
function configuredFor(dir: string): Architecture {
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

/** `ARCH` and `CROSS_COMPILE` for make; none for the host's own architecture. */
function makeVariables({ name, kernel, toolchain }: Architecture): string[] {
  return name === hostArchitecture()?.name
    ? []
    : [`ARCH=${kernel.makeArch}`, `CROSS_COMPILE=${toolchain.tuple}-`];
}

async function build(request: TreeRequest, arch: Architecture): Promise<void> {
  // stdin is closed, so that make cannot ask for the values of new symbols; olddefconfig sets them to their defaults.
  const options = { cwd: request.dir, timeoutMs: BUILD_MS, signal: request.signal };
  for (const target of ['olddefconfig', arch.kernel.target]) {
    const args = [`-j${availableParallelism()}`, ...makeVariables(arch), target];
    const result = await hostCommand('make', args, options);
    if (result.ok) continue;
    const log = `${result.stdout}${result.stderr}`;
    const line = log.split('\n').find(text => /error:|\*\*\*/.test(text)) ?? `exit code ${result.exitCode}`;
    throw new BpfrigError('infra', `${request.spec}: make ${target} failed: ${line.trim()}`, {
      detail: log,
    });
  }
}
