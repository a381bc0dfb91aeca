import type { Variant } from '../model/cell.ts';
import { TOPOLOGIES, isTopology, type Topology } from '../model/topology.ts';
import { didYouMean } from '../util/nearest.ts';
import { suffix } from './axes.ts';
import { BOUNDS, grouped } from './bounds.ts';
import { buildExpectations, buildKnown, doubtUnread } from './build-expectations.ts';
import { buildSteps, resultSteps } from './build-steps.ts';
import { buildCaptures, notCaptured } from './captures.ts';
import { deviceObstacles, shapeObstacle } from './device-steps.ts';
import type { Doubt } from './doubts.ts';
import { explainIssue } from './explain-issue.ts';
import { fillIn } from './fill-in.ts';
import { reachableNames } from './guest-devices.ts';
import { guestOf } from './guest-schema.ts';
import type { Problem, Source } from './places.ts';
import { scenarioObjects } from './objects.ts';
import { withCaptureFiles } from './packet-files.ts';
import type { ResolvedVariant, Step } from './scenario.ts';
import { scenarioSchema } from './schema.ts';
import type { ScenarioDocument } from './schema.ts';
import { exactly } from './step-words.ts';
import { tracedEvents } from './traced.ts';
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
  const objects = scenarioObjects(document.objects, path, (key, text) =>
    problems.push({ place: source.place(origin(['objects', key])), text }),
  );
  const observe = tracedEvents(document.observe, index =>
    problems.push({
      place: source.place(origin(['observe', index])),
      text: 'its name is that of an earlier one: give it another by `as`',
    }),
  );
  const context = {
    source,
    origin,
    problems,
    doubts,
    kernels: document.kernels ?? null,
    objects,
    observe,
    ...names,
  };
  const stepsOf = (key: 'setup' | 'traffic' | 'after'): Step[] =>
    withCaptureFiles(buildSteps(document[key], [key], context), path, (step, inner, text) =>
      problems.push({ place: source.place([...step.path, step.kind, ...inner]), text }),
    );
  const [setup, traffic, after] = [stepsOf('setup'), stepsOf('traffic'), stepsOf('after')];
  const steps = [...setup, ...traffic, ...after];
  const own = resultSteps(steps, problems);
  problems.push(...tooMuch(steps));
  const topology = document.topology ?? nicTopology(variant, problems, source);
  problems.push(...strayNetns(steps, document.guest.netns));
  const made = document.guest.devices.flatMap(reachableNames);
  problems.push(
    ...deviceObstacles(steps, topology, made).map(({ step, text }) => ({ place: step.place, text })),
  );
  const guest = guestOf(document.guest, { path, topology, objects }, (inner, text) =>
    problems.push({ place: source.place(origin(['guest', ...inner])), text }),
  );
  if (objects.length === 0) problems.push(...undeclaredMaps(steps));
  const noShape = shapeObstacle(guest, topology);
  if (noShape !== null) problems.push({ place: source.place(['guest', 'queues']), text: noShape });
  const { captures, problems: wrongCaptures } = buildCaptures(document.capture, topology);
  problems.push(
    ...wrongCaptures.map(({ index, text }) => ({ place: source.place(origin(['capture', index])), text })),
  );
  const expect = buildExpectations(document.expect, own, context);
  problems.push(...notCaptured(expect, captures));
  doubtUnread(own, expect, context);
  const resolved: ResolvedVariant = {
    variant,
    suffix: suffix(variant),
    requires: document.requires.map(item => (typeof item === 'string' ? item : item.feature)),
    changes: document.changes.map(item => (typeof item === 'string' ? item : item.field)),
    topology,
    guest,
    objects,
    records: document.events,
    captures,
    observe,
    setup,
    traffic,
    after,
    expect,
    known: buildKnown(document.known, own, expect, context),
  };
  return { document, resolved: problems.length > 0 ? null : resolved, problems, doubts };
}

/** Commands in a network namespace that the guest does not have. */
function strayNetns(steps: readonly Step[], known: readonly string[]): Problem[] {
  return steps.flatMap(step => {
    if (step.kind === 'repeat') return strayNetns(step.args.steps, known);
    if (step.kind !== 'exec' || step.args.netns === undefined || known.includes(step.args.netns)) return [];
    const { netns } = step.args;
    const text = `\`guest: { netns }\` has no \`${netns}\`${didYouMean(netns, known)}`;
    return [{ place: step.place, text }];
  });
}

/** Without an object that could declare a map, a step states all of it. */
function undeclaredMaps(steps: readonly Step[]): Problem[] {
  return steps.flatMap(step => {
    if (step.kind === 'repeat') return undeclaredMaps(step.args.steps);
    if (step.kind !== 'map') return [];
    return (['type', 'key_size', 'value_size', 'max_entries'] as const)
      .filter(key => step.args[key] === undefined)
      .map(key => ({ place: step.place, text: `missing key \`${key}\`` }));
  });
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
