import type { Use } from '../kernel/needs.ts';
import { inRange } from '../kernel/ranges.ts';
import type { Kernel } from '../model/kernel.ts';
import type { PlainStep, ResolvedVariant } from '../scenario/scenario.ts';
import type { StepKind } from '../scenario/step-schema.ts';
import type { PlannedCell } from './plan.ts';

/** The parts of a kernel that a variant's guests are made of, and that its steps send with: those without which it cannot begin. */
export function usesOf({
  topology,
  captures,
  setup,
  traffic,
  after,
}: Pick<ResolvedVariant, 'topology' | 'captures' | 'setup' | 'traffic' | 'after'>): ReadonlySet<Use> {
  const steps = [...setup, ...traffic, ...after].flatMap((step): readonly PlainStep[] =>
    step.kind === 'repeat' ? step.args.steps : [step],
  );
  return new Set<Use>([
    'guest',
    'bpf',
    'cells',
    ...OF_TOPOLOGY[topology],
    ...(captures.length > 0 ? (['packets'] as const) : []),
    ...steps.flatMap(({ kind }) => OF_STEP[kind] ?? []),
  ]);
}

/** What the cells that are about a kernel use, those that skip on it among them: what it needs to serve does not depend on these. */
export function usesOfCells(cells: readonly PlannedCell[], { version }: Pick<Kernel, 'version'>): Set<Use> {
  const about = cells.filter(
    ({ scenario: { kernels } }) => kernels === null || inRange(version, kernels.range),
  );
  return new Set(about.flatMap(({ variant }) => [...usesOf(variant)]));
}

const OF_TOPOLOGY: Readonly<Record<ResolvedVariant['topology'], readonly Use[]>> = {
  none: [],
  veth: ['devices', 'veth'],
  virtio: ['devices', 'virtio'],
  link: ['devices', 'virtio'],
};

const OF_STEP: { readonly [K in StepKind]?: readonly Use[] } = {
  // Which of the two sends depends on the programs that are attached.
  frames: ['pktgen', 'packets'],
  pktgen: ['pktgen'],
  send: ['packets'],
  packets: ['packets'],
};
