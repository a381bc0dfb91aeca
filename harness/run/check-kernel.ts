import { buildFacts, type BuildFacts } from '../kernel/build-facts.ts';
import { FEATURE_NAMES, type FeatureName } from '../kernel/features.ts';
import { lacksOf, type Use } from '../kernel/needs.ts';
import { unserved } from '../kernel/unserved.ts';
import type { ArchName, Kernel } from '../model/kernel.ts';
import { lackedOptions } from '../oracle/features.ts';
import { outcomeWithoutGuest } from './cell.ts';
import type { PlannedCell } from './plan.ts';
import { usesOfCells } from './uses.ts';

/** What is known of a kernel before it boots: what it lacks, and what that means for cells. */
export interface KernelCheck {
  readonly id: string;
  readonly spec: string;
  readonly arch: ArchName;
  readonly version: string;
  readonly release: string;
  /** Whether its configuration is known; without, only the list of its modules says something. */
  readonly configured: boolean;
  /** Why no cell can run, one sentence; null: some can, or there are none. */
  readonly obstacle: string | null;
  readonly lacks: readonly {
    /** `CONFIG_VETH=n`, `module veth (CONFIG_VETH)`. */
    readonly text: string;
    readonly use: Use | 'instead';
    readonly purpose: string;
    /** What happens without it; null: nothing takes its place. */
    readonly without: string | null;
  }[];
  /** What scenarios can require and it is not built with: `{ name: 'btf', options: ['CONFIG_DEBUG_INFO_BTF=n'] }`. */
  readonly features: readonly { readonly name: FeatureName; readonly options: readonly string[] }[];
  /** Cells on it, and how many of them are known to need no guest there, by reason. */
  readonly cells: number;
  readonly decided: readonly { readonly verdict: string; readonly reason: string; readonly cells: number }[];
}

/** Looks at a kernel that is on this machine, for cells that are planned on it. Nothing boots. */
export async function checkKernel(kernel: Kernel, cells: readonly PlannedCell[]): Promise<KernelCheck> {
  return checkBuild(kernel, await buildFacts(kernel), cells);
}

/** As {@link checkKernel}, by what is known of its build. */
export function checkBuild(kernel: Kernel, build: BuildFacts, cells: readonly PlannedCell[]): KernelCheck {
  const { id, spec, arch, version, release } = kernel;
  const known = { probes: new Map(), builds: new Map([[id, build]]) };
  const outcomes = cells.map(cell => outcomeWithoutGuest(cell, kernel, known));
  const obstacle = unserved(kernel, build, usesOfCells(cells, kernel));
  return {
    id,
    spec,
    arch,
    version,
    release,
    configured: build.config !== null,
    obstacle: obstacle?.message ?? null,
    lacks: lacksOf(kernel, build).map(({ text, need }) => {
      return { text, use: need.use, purpose: need.purpose, without: need.without ?? null };
    }),
    features: FEATURE_NAMES.flatMap(name => {
      const options = lackedOptions(name, kernel, build.config);
      return options.length === 0 ? [] : [{ name, options }];
    }),
    cells: cells.length,
    decided: counted(outcomes.flatMap(outcome => outcome ?? [])),
  };
}

function counted(outcomes: readonly { readonly verdict: string; readonly reason: string }[]) {
  const groups = new Map<string, { verdict: string; reason: string; cells: number }>();
  for (const { verdict, reason } of outcomes) {
    const group = groups.get(`${verdict} ${reason}`) ?? { verdict, reason, cells: 0 };
    group.cells += 1;
    groups.set(`${verdict} ${reason}`, group);
  }
  return [...groups.values()].toSorted((a, b) => b.cells - a.cells);
}
