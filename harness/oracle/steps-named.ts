import type { NameUse } from '../scenario/cel-names.ts';
import type { PlainStep, ResolvedVariant } from '../scenario/scenario.ts';

/** The steps of a variant, in order. */
type Steps = Pick<ResolvedVariant, 'setup' | 'traffic' | 'after'>;

/** The steps that keep their result. */
export function stepsWithResult({ setup, traffic, after }: Steps): (PlainStep & { readonly as: string })[] {
  return [...setup, ...traffic, ...after]
    .flatMap(step => (step.kind === 'repeat' ? step.args.steps : [step]))
    .flatMap(step => (step.as === null ? [] : [{ ...step, as: step.as }]));
}

/** The steps whose results some names are, each once. */
export function stepsNamed(steps: Steps, names: readonly NameUse[]): PlainStep[] {
  const roots = new Set(names.map(({ path }) => path[0]));
  return stepsWithResult(steps).filter(({ as }) => roots.has(as));
}
