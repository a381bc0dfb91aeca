import { misplaced } from '../object/attach-sections.ts';
import { placeKey } from '../scenario/attach-steps.ts';
import { linePrefix } from '../scenario/places.ts';
import type { PlainStep, ResolvedVariant, Step } from '../scenario/scenario.ts';
import { BpfrigError } from '../util/errors.ts';
import type { ProgramIndex } from './programs.ts';

/**
 * Compares where a variant's steps attach programs with what the programs are: a mistake is found before a guest boots. Throws `scenario`
 * for a program that no object has, and for one that does not belong where a step attaches it. `before`: steps that were checked and done.
 */
export function checkAttachments(
  { setup, traffic, after }: Pick<ResolvedVariant, 'setup' | 'traffic' | 'after'>,
  index: ProgramIndex,
  before: readonly Step[] = [],
): void {
  const steps = [...setup, ...traffic, ...after].flatMap(plain);
  const renamed = aliases([...before.flatMap(plain), ...steps]);
  for (const step of steps) {
    // A step with `as` asks what the kernel says to it.
    if (step.kind !== 'attach' || step.args.program === undefined || step.as !== null) continue;
    const alias = renamed.get(step.args.program);
    // A step that gives a program another type than its section's knows why.
    if (alias?.retyped === true) continue;
    const name = alias?.program ?? step.args.program;
    const { program } = index.find(name);
    const text = misplaced(name, program.section, placeKey(step.args));
    if (text !== null) throw new BpfrigError('scenario', `${linePrefix(step.place)}${text}`);
  }
}

function plain(step: Step): readonly PlainStep[] {
  return step.kind === 'repeat' ? step.args.steps : [step];
}

/** The scenario's own names of programs, by `load: { name }`. */
function aliases(
  steps: readonly PlainStep[],
): ReadonlyMap<string, { readonly program: string; readonly retyped: boolean }> {
  const found = new Map<string, { program: string; retyped: boolean }>();
  for (const step of steps) {
    if (step.kind !== 'load' || 'object' in step.args) continue;
    const { name, program, type } = step.args;
    if (name !== undefined) found.set(name, { program, retyped: type !== undefined });
  }
  return found;
}
