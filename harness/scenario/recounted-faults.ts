import type { Problem } from './places.ts';
import type { PlainStep, Step } from './scenario.ts';

/** Why a second `nth` above 1 would be another allocation than it says, and what to do. */
export const COUNTED_ONCE =
  'the kernel goes on counting where the first one left off, so it would be another allocation: take a variant for each';

/**
 * Faults with `nth` above 1 after the first of their kind. The kernel counts allocations only for these (should_fail_ex(), lib/fault-inject.c,
 * `interval`), never begins anew, and shows the count to nobody.
 */
export function recountedFaults(steps: readonly Step[]): Problem[] {
  const first = new Map<string, PlainStep>();
  return steps.flatMap(step => {
    const [times, inner] = step.kind === 'repeat' ? [step.args.times, step.args.steps] : [1, [step]];
    return inner.flatMap((one): Problem[] => {
      if (one.kind !== 'fault' || one.args.nth === 1) return [];
      const { of, nth } = one.args;
      const before = first.get(of);
      first.set(of, before ?? one);
      if (before !== undefined)
        return [
          {
            place: one.place,
            text: `\`nth: ${nth}\` after the one in line ${before.place.line}: ${COUNTED_ONCE}`,
          },
        ];
      return times === 1
        ? []
        : [{ place: one.place, text: `\`nth: ${nth}\` in a \`repeat\`: ${COUNTED_ONCE}` }];
    });
  });
}
