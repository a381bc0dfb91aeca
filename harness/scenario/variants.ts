import type { Variant } from '../model/cell.ts';
import { TOPOLOGIES, isTopology, type Topology } from '../model/topology.ts';
import { suffix } from './axes.ts';
import { BOUNDS, grouped } from './bounds.ts';
import { buildExpectations, buildKnown, buildVariantCve, doubtUnread } from './build-expectations.ts';
import { resultSteps } from './build-steps.ts';
import { buildCaptures, notCaptured } from './captures.ts';
import type { Doubt } from './doubts.ts';
import { explainIssue } from './explain-issue.ts';
import { fillIn } from './fill-in.ts';
import { ORDER_AXIS } from './interleave.ts';
import type { Problem, Source } from './places.ts';
import { recountedFaults } from './recounted-faults.ts';
import type { ResolvedVariant, Step } from './scenario.ts';
import { scenarioSchema } from './schema.ts';
import type { ScenarioDocument } from './schema.ts';
import { buildStage, stageSteps } from './stage.ts';
import { strayHolds } from './stray-holds.ts';
import { unusedCpumaps } from './unused-maps.ts';
import { exactly } from './step-words.ts';
import type { Vocabulary } from './vocabulary.ts';

const SCHEMA = scenarioSchema(exactly);

/** What one variant came to: all of it, or what is wrong. `document` is null when the content does not fit the schema. */
export interface VariantResult {
  readonly document: ScenarioDocument | null;
  readonly resolved: ResolvedVariant | null;
  readonly problems: readonly Problem[];
  /** What is a problem only if every variant says so. */
  readonly doubts: readonly Doubt[];
}

/** What a scenario's content is checked against. */
export interface Names {
  /** Names that expectations can use. */
  readonly vocabulary: Vocabulary;
  /** Names of the ledger's faults that are no names in expectations: its stages. `devmap *` is any that begins so. */
  readonly ledger: readonly string[];
}

/** Checks a scenario's content with one variant's values filled in, and makes it ready to run. `path` is the scenario's own. */
export function resolveVariant(
  raw: Readonly<Record<string, unknown>>,
  variant: Variant,
  source: Source,
  path: string,
  names: Names,
): VariantResult {
  const { data, origin, problems: stray } = fillIn(raw, variant);
  const problems: Problem[] = stray.map(({ path, text }) => ({ place: source.place(path), text }));
  const checked = SCHEMA.safeParse(data);
  if (!checked.success) {
    // What was not filled in need not fit the schema either: one mistake, one problem.
    const strayPaths = new Set(stray.map(({ path }) => path.join('/')));
    const issues = checked.error.issues.filter(({ path }) => !strayPaths.has(origin(path).join('/')));
    problems.push(...issues.flatMap(issue => explainIssue(issue, data, source, origin)));
    return { document: null, resolved: null, problems, doubts: [] };
  }

  const document = checked.data;
  const doubts: Doubt[] = [];
  const topology = document.topology ?? nicTopology(variant, problems, source);
  const stage = buildStage(document, { path, topology }, (inner, text) =>
    problems.push({ place: source.place(origin(inner)), text }),
  );
  const { objects, observe } = stage;
  const context = {
    source,
    origin,
    problems,
    doubts,
    kernels: document.kernels ?? null,
    objects,
    observe,
    order: variant[ORDER_AXIS] ?? '',
    ...names,
  };
  const [setup, traffic, after] = (['setup', 'traffic', 'after'] as const).map(key =>
    stageSteps(document[key], [key], stage, context),
  ) as [Step[], Step[], Step[]];
  const steps = [...setup, ...traffic, ...after];
  const own = resultSteps(steps, problems);
  problems.push(...tooMuch(steps), ...recountedFaults(steps), ...strayHolds(steps));
  const { captures, problems: wrongCaptures } = buildCaptures(document.capture, topology);
  problems.push(
    ...wrongCaptures.map(({ index, text }) => ({ place: source.place(origin(['capture', index])), text })),
  );
  const expect = buildExpectations(document.expect, own, context);
  problems.push(...notCaptured(expect, captures), ...unusedCpumaps(steps, expect));
  doubtUnread(own, expect, context);
  const requires = document.requires.map(item => (typeof item === 'string' ? item : item.feature));
  const cve = document.cve && buildVariantCve(document.cve, own, expect, context);
  const resolved: ResolvedVariant = {
    variant,
    suffix: suffix(variant),
    requires: [...new Set([...requires, ...(cve?.unaffectedWithout ?? [])])],
    changes: stage.changes,
    topology,
    guest: stage.guest,
    objects,
    records: stage.records,
    captures,
    observe,
    setup,
    traffic,
    after,
    expect,
    known: buildKnown(document.known, own, expect, context),
    ...(cve !== undefined && { cve }),
  };
  return { document, resolved: problems.length > 0 ? null : resolved, problems, doubts };
}

/** Steps that a variant is to do, and how long its `wait` steps wait: the first one with which it is more than a cell may do. */
function tooMuch(steps: readonly Step[]): Problem[] {
  let [done, waitMs] = [0, 0];
  for (const step of steps) {
    const [times, inner] = step.kind === 'repeat' ? [step.args.times, step.args.steps] : [1, [step]];
    for (const one of inner) {
      done += times * (one.kind === 'update' ? (one.args.times ?? 1) : 1);
      waitMs += times * (one.kind === 'wait' ? one.args.for : 0);
    }
    if (done > BOUNDS.steps)
      return [
        { place: step.place, text: `more than ${grouped(BOUNDS.steps)} steps so far, repeats included` },
      ];
    if (waitMs > BOUNDS.waitMs) {
      const text = `the scenario waits for longer than ${grouped(BOUNDS.waitMs)} ms so far, repeats included`;
      return [{ place: step.place, text }];
    }
  }
  return [];
}

/** Without `topology`, axis `nic` says it; without that axis there is no NIC under test. */
function nicTopology(variant: Variant, problems: Problem[], source: Source): Topology {
  const { nic } = variant;
  if (nic === undefined) return 'none';
  if (isTopology(nic)) return nic;
  const text = `axis \`nic\` has the value \`${nic}\`, which is no topology (${TOPOLOGIES.join(', ')}): write \`topology\``;
  problems.push({ place: source.place(['axes', 'nic']), text });
  return 'none';
}
