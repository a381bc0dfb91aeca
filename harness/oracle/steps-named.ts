import type { NameUse } from '../scenario/cel-names.ts';
import type { PlainStep, ResolvedVariant } from '../scenario/scenario.ts';

/** The steps whose results some names are, each once. */
export function stepsNamed(
  { setup, traffic, after }: Pick<ResolvedVariant, 'setup' | 'traffic' | 'after'>,
  names: readonly NameUse[],
): PlainStep[] {
  const roots = new Set(names.map(({ path }) => path[0]));
  return [...setup, ...traffic, ...after]
    .flatMap(step => (step.kind === 'repeat' ? step.args.steps : [step]))
    .filter(({ as }) => as !== null && roots.has(as));
}
