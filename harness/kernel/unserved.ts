import type { Kernel } from '../model/kernel.ts';
import { BpfrigError } from '../util/errors.ts';
import { groupBy } from '../util/group-by.ts';
import type { BuildFacts } from './build-facts.ts';
import { lacksOf, type Lack, type Use } from './needs.ts';

/** A kernel as far as messages about it need it. */
type ServingKernel = Pick<Kernel, 'id' | 'release' | 'arch' | 'version' | 'modulesDir'>;

/** What a kernel lacks of what these uses need. */
export function lacksFor(kernel: ServingKernel, build: BuildFacts, uses: ReadonlySet<Use>): Lack[] {
  return lacksOf(kernel, build).filter(({ need: { use } }) => use !== 'instead' && uses.has(use));
}

/** The error for a kernel that cannot serve, one message for all that it lacks; null where it lacks nothing that is known. */
export function unserved(
  kernel: ServingKernel,
  build: BuildFacts,
  uses: ReadonlySet<Use>,
): BpfrigError | null {
  const lacks = lacksFor(kernel, build, uses);
  if (lacks.length === 0) return null;
  const { id, release } = kernel;
  const what = [...groupBy(lacks, ({ need }) => need.purpose)].map(
    ([purpose, some]) => `${some.map(({ text }) => text).join(', ')} (${purpose})`,
  );
  const remedy = remedyFor(kernel, build, lacks);
  return new BpfrigError(
    'infra',
    `kernel ${id} (${release}) cannot serve; missing: ${what.join(', ')}: ${remedy}`,
  );
}

function remedyFor(
  { modulesDir, release }: ServingKernel,
  build: BuildFacts,
  lacks: readonly Lack[],
): string {
  const asModules = lacks.some(({ text }) => text.endsWith('=m'));
  const files = lacks.some(({ text }) => text.startsWith('module '));
  if (files && build.builtin === null)
    return `it has no modules.builtin, which would say that they are built in: add the package that has it (linux-base-${release} in Debian from 6.19 on)`;
  if (modulesDir !== null) return 'build it with them, as y or m, or add the package that has them';
  const other = asModules
    ? ', or name a folder that also has lib/modules/RELEASE (make modules_install INSTALL_MOD_PATH=DIR)'
    : '';
  return `build it otherwise, drivers as y${other}; docs/kernels.md has a whole configuration`;
}
