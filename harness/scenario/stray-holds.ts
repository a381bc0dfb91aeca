import { didYouMean } from '../util/nearest.ts';
import { heldName } from './hold-steps.ts';
import type { Problem } from './places.ts';
import type { PlainStep, Step } from './scenario.ts';

/** Steps that wait for a hold, or release one, which no step of the scenario makes. */
export function strayHolds(steps: readonly Step[]): Problem[] {
  const plain = steps.flatMap(step => (step.kind === 'repeat' ? step.args.steps : [step]));
  const known = plain.flatMap(step => (step.kind === 'hold' ? [step.args.name] : []));
  return plain.flatMap(step => {
    const name = namedBy(step);
    if (name === null || known.includes(name)) return [];
    const text = `no step \`hold\` has \`name: ${name}\`${didYouMean(name, known)}`;
    return [{ place: step.place, text }];
  });
}

function namedBy(step: PlainStep): string | null {
  if (step.kind === 'held') return heldName(step.args);
  return step.kind === 'release' && 'hold' in step.args ? step.args.hold : null;
}
