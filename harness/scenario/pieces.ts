import { z } from 'zod';
import type { Topology } from '../model/topology.ts';
import { BpfrigError } from '../util/errors.ts';
import { buildExpectations } from './build-expectations.ts';
import type { BuildContext } from './build-steps.ts';
import { buildCaptures, notCaptured } from './captures.ts';
import { explainIssue } from './explain-issue.ts';
import { strayWhens } from './fill-in.ts';
import { knownKeys } from './json-schema.ts';
import { withGuest } from './parse.ts';
import { programSource, type Path, type Problem, type Source } from './places.ts';
import type { Capture, Expectation, PlainStep } from './scenario.ts';
import { scenarioSchema } from './schema.ts';
import { buildStage, stageSteps, type Stage } from './stage.ts';
import { stepKinds, type StepInput, type StepKind } from './step-schema.ts';
import { exactly } from './step-words.ts';
import type { Names } from './variants.ts';

// A scenario that a program states piece by piece: what its steps are done on, then each step and each expectation as it comes. Each piece
// is checked by the schema, and by the rules, of scenario files. All functions throw `scenario` with everything that is wrong.

const SCENARIO = scenarioSchema(exactly);

const STAGE = SCENARIO.pick({
  topology: true,
  guest: true,
  objects: true,
  observe: true,
  events: true,
  changes: true,
});

/** What a guest is made with: these keys of a scenario file. */
export type StageInput = z.input<typeof STAGE>;

/** One step of a scenario file: one key, that of its kind. */
export type AnyStep = { readonly [K in StepKind]: { readonly [P in K]: StepInput<K> } }[StepKind];

/** One item of `capture` in a scenario file. */
export type CaptureInput = NonNullable<z.input<typeof SCENARIO>['capture']>[number];

/**
 * What steps are done on. `path`: a file, which need not exist, in the folder that paths are relative to; `guest`: keys of `guest` for a
 * stage that does not have them.
 */
export function readStage(
  input: StageInput,
  path: string,
  guest: Readonly<Record<string, unknown>> = {},
): Stage {
  const data = withGuest({ ...input }, guest);
  const source = checkedSource(data);
  const document = parsed(STAGE, data, source, []);
  const problems: Problem[] = [];
  const topology: Topology = document.topology ?? 'none';
  const stage = buildStage(document, { path, topology }, (at, text) =>
    problems.push({ place: source.place(at), text: `${at.map(String).join('.')}: ${text}` }),
  );
  refuse(problems);
  return stage;
}

const kinds = stepKinds(exactly);

const STEP = z.strictObject(
  Object.fromEntries(Object.entries(kinds).map(([kind, schema]) => [kind, schema.optional()])) as unknown as {
    [K in keyof typeof kinds]: z.ZodOptional<(typeof kinds)[K]>;
  },
);

/** A step as it is run. */
export function readStep(input: AnyStep, stage: Stage, names: Names): PlainStep {
  const source = checkedSource(input);
  // Keys of a step are where a scenario has them.
  const document = parsed(STEP, input, source, ['setup', 0]);
  const context = contextOf(stage, names, source);
  const [step] = stageSteps([document], [], stage, context);
  refuse(context.problems);
  if (step === undefined || step.kind === 'repeat') throw new BpfrigError('harness', 'a step that is none');
  return step;
}

/** What must hold, as CEL expressions. `captures`: what is captured until then. */
export function readExpectations(
  texts: readonly string[],
  stage: Stage,
  names: Names,
  captures: readonly Capture[],
): Expectation[] {
  const context = contextOf(stage, names, programSource(texts));
  const expectations = buildExpectations([...texts], new Map(), context);
  const place = context.source.place([]);
  context.problems.push(
    ...context.doubts.flatMap(({ text }) => (text === null ? [] : [{ place, text }])),
    ...notCaptured(expectations, captures),
  );
  refuse(context.problems);
  return expectations;
}

/** What is to be captured. */
export function readCapture(input: CaptureInput, { topology }: Stage): Capture {
  const [document] = parsed(SCENARIO.shape.capture, [input], checkedSource([input]), ['capture']);
  const { captures, problems } = buildCaptures(document === undefined ? [] : [document], topology);
  const [capture] = captures;
  const [problem] = problems;
  if (capture === undefined || problem !== undefined)
    throw new BpfrigError('scenario', `capture: ${problem?.text ?? 'there is nothing to capture'}`);
  return capture;
}

function contextOf(
  { objects, observe }: Stage,
  names: Names,
  source: Source,
): BuildContext & { readonly problems: Problem[] } {
  return {
    source,
    origin: path => path,
    problems: [],
    doubts: [],
    kernels: null,
    objects,
    observe,
    order: '',
    ...names,
  };
}

function checkedSource(data: unknown): Source {
  const source = programSource(data);
  refuse([
    ...source.problems,
    // There are no variants.
    ...strayWhens(data, {}).map(({ path, text }) => ({ place: source.place(path), text })),
  ]);
  return source;
}

function parsed<S extends z.ZodType & { readonly shape?: object }>(
  schema: S,
  data: unknown,
  source: Source,
  at: Path,
): z.output<S> {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const keysAt = (path: Path): string[] =>
    path.length === 0 ? Object.keys(schema.shape ?? {}) : knownKeys([...at, ...path]);
  refuse(result.error.issues.flatMap(issue => explainIssue(issue, data, source, path => path, keysAt)));
  throw new BpfrigError('harness', 'data that the schema refused, for no reason');
}

function refuse(problems: readonly Problem[]): void {
  const texts = [...new Set(problems.map(({ text }) => text))];
  const [first, ...more] = texts;
  if (first === undefined) return;
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
  throw new BpfrigError(
    'scenario',
    `${first}${others}`,
    more.length === 0 ? {} : { detail: texts.join('\n') },
  );
}
