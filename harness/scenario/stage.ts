import { buildSteps, type BuildContext } from './build-steps.ts';
import { deviceObstacles, shapeObstacle } from './device-steps.ts';
import { reachableNames } from './guest-devices.ts';
import { guestOf } from './guest-schema.ts';
import { scenarioObjects } from './objects.ts';
import { withCaptureFiles } from './packet-files.ts';
import type { Path, Problem } from './places.ts';
import type { ResolvedVariant, Step } from './scenario.ts';
import type { ScenarioDocument } from './schema.ts';
import { tracedEvents } from './traced.ts';
import { didYouMean } from '../util/nearest.ts';

/** The parts of a scenario that say what its steps are done on. */
export type StageDocument = Pick<ScenarioDocument, 'guest' | 'objects' | 'observe' | 'events' | 'changes'>;

/** What steps are done on: guests with their devices, objects, and what is observed. */
export interface Stage extends Pick<
  ResolvedVariant,
  'topology' | 'guest' | 'objects' | 'observe' | 'records' | 'changes'
> {
  /** The scenario's own path, or one in the folder that its paths are relative to. Absolute. */
  readonly path: string;
  /** Network namespaces of the guest under test. */
  readonly netns: readonly string[];
  /** Its devices besides `tx` and `rx` that steps can name. */
  readonly made: readonly string[];
}

/** What the document describes; `report` is called for what contradicts itself or the topology. */
export function buildStage(
  document: StageDocument,
  { path, topology }: Pick<Stage, 'path' | 'topology'>,
  report: (path: Path, text: string) => void,
): Stage {
  const objects = scenarioObjects(document.objects, path, (key, text) => report(['objects', key], text));
  const observe = tracedEvents(document.observe, index =>
    report(['observe', index], 'its name is that of an earlier one: give it another by `as`'),
  );
  const guest = guestOf(document.guest, { path, topology, objects }, (inner, text) =>
    report(['guest', ...inner], text),
  );
  const noShape = shapeObstacle(guest, topology);
  if (noShape !== null) report(['guest', 'queues'], noShape);
  return {
    path,
    topology,
    guest,
    objects,
    observe,
    records: document.events,
    changes: document.changes.map(item => (typeof item === 'string' ? item : item.field)),
    netns: document.guest.netns,
    made: document.guest.devices.flatMap(reachableNames),
  };
}

/** Steps of a list at `at`, as they are run there; what cannot be done there becomes a problem. */
export function stageSteps(
  raw: ScenarioDocument['setup'],
  at: Path,
  stage: Stage,
  context: BuildContext,
): Step[] {
  const { source, problems } = context;
  const steps = withCaptureFiles(buildSteps(raw, at, context), stage.path, (step, inner, text) =>
    problems.push({ place: source.place([...step.path, step.kind, ...inner]), text }),
  );
  problems.push(...strayNetns(steps, stage.netns));
  problems.push(
    ...deviceObstacles(steps, stage.topology, stage.made).map(({ step, text }) => ({
      place: step.place,
      text,
    })),
  );
  if (stage.objects.length === 0) problems.push(...undeclaredMaps(steps));
  return steps;
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
