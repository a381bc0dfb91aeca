import { isReserved, type Vocabulary } from './vocabulary.ts';
import type { Doubt } from './doubts.ts';
import { inOrder } from './interleave.ts';
import type { Path, Problem, Source } from './places.ts';
import type { PlainStep, ScenarioObject, Step } from './scenario.ts';
import type { ScenarioDocument } from './schema.ts';
import { STEP_KINDS } from './step-schema.ts';
import type { TracedEvent } from './traced.ts';

type RawStep = ScenarioDocument['setup'][number];
type RawPlainStep = NonNullable<RawStep['repeat']>['steps'][number];

/** What turning checked data into steps needs: the places of the source, and a list for the problems. */
export interface BuildContext {
  readonly vocabulary: Vocabulary;
  /** Names of the ledger's faults that are no names in expectations: its stages. `devmap *` is any that begins so. */
  readonly ledger: readonly string[];
  /** Range of the scenario's `kernels`; null: all. */
  readonly kernels: string | null;
  readonly objects: readonly ScenarioObject[];
  readonly observe: readonly TracedEvent[];
  /** Of the steps of an `interleave`; empty where there is none. */
  readonly order: string;
  readonly source: Source;
  readonly origin: (path: Path) => Path;
  readonly problems: Problem[];
  /** What is a problem only if every variant says so. */
  readonly doubts: Doubt[];
}

/** Steps as they are run, each with its `kind`; a step that has no kind, or two, becomes a problem. */
export function buildSteps(raw: readonly RawStep[], path: Path, context: BuildContext): Step[] {
  return raw.flatMap((step, index): Step[] => {
    const here = [...path, index];
    if (step.interleave !== undefined) return interleaved(step, here, context);
    if (step.repeat === undefined) return plainStep(step, here, context);
    const { times, steps } = step.repeat;
    if (countKinds(step) > 0) report(context, here, 'a `repeat` has its steps in `steps`, and no others');
    if (step.as !== undefined) report(context, [...here, 'as'], 'a `repeat` has no result to keep');
    for (const [position, { as }] of steps.entries()) {
      const text = `each time would overwrite \`${as ?? ''}\`: a step that is done ${times} times has no one result`;
      if (as !== undefined && times > 1) report(context, [...here, 'repeat', 'steps', position, 'as'], text);
    }
    const inner = steps.flatMap((one, position) =>
      plainStep(one, [...here, 'repeat', 'steps', position], context),
    );
    return [{ kind: 'repeat', args: { times, steps: inner }, ...stepBase(step, here, context) }];
  });
}

/** The steps of an `interleave`, in the order of the variant. */
function interleaved(step: RawStep, path: Path, context: BuildContext): Step[] {
  const { interleave: { of } = { of: [] } } = step;
  if (countKinds(step) > 0 || step.repeat !== undefined)
    report(context, path, 'an `interleave` has its steps in `of`, and no others');
  if (step.as !== undefined) report(context, [...path, 'as'], 'an `interleave` has no result to keep');
  if (step.background !== undefined)
    report(
      context,
      [...path, 'background'],
      'an `interleave` is not done in the background: its steps can be',
    );
  return inOrder(context.order).flatMap(([sequence, index]) => {
    const one = of[sequence]?.[index];
    return one === undefined ? [] : plainStep(one, [...path, 'interleave', 'of', sequence, index], context);
  });
}

function plainStep(step: RawPlainStep, path: Path, context: BuildContext): PlainStep[] {
  const kinds = STEP_KINDS.filter(kind => step[kind] !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    const text =
      kind === undefined
        ? `a step needs a key that says what it does: ${STEP_KINDS.join(', ')}`
        : `a step does one thing, this one has ${kinds.join(' and ')}`;
    report(context, path, text);
    return [];
  }
  return [{ kind, args: step[kind], ...stepBase(step, path, context) } as PlainStep];
}

function stepBase(step: RawPlainStep, path: Path, context: BuildContext) {
  const origin = context.origin(path);
  const place = context.source.place(origin);
  const as = step.as ?? null;
  if (as !== null && isReserved(as, context.vocabulary)) {
    report(context, [...path, 'as'], `\`${as}\` is already a name in expectations: choose another`);
  }
  return { as, background: step.background ?? false, place, path: origin };
}

function countKinds(step: RawPlainStep): number {
  return STEP_KINDS.filter(kind => step[kind] !== undefined).length;
}

function report(context: BuildContext, path: Path, text: string): void {
  context.problems.push({ place: context.source.place(context.origin(path)), text });
}

/** The steps that keep their result, by their `as`, also those within a `repeat`. A name that two steps have becomes a problem. */
export function resultSteps(steps: readonly Step[], problems: Problem[]): ReadonlyMap<string, Step> {
  const found = new Map<string, Step>();
  for (const step of steps.flatMap(one => (one.kind === 'repeat' ? one.args.steps : [one]))) {
    if (step.as === null) continue;
    const first = found.get(step.as);
    if (first === undefined) found.set(step.as, step);
    else {
      const text = `\`as: ${step.as}\` is the name of the step in line ${first.place.line} already: its result would be lost`;
      problems.push({ place: step.place, text });
    }
  }
  return found;
}
