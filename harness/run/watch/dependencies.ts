import { buildBpfObject } from '../../image/bpf-object.ts';
import type { Scenario, Step } from '../../scenario/scenario.ts';
import { nearestCoverageFile } from '../../scenario/coverage-list.ts';

/** Files that a scenario's verdicts depend on, by absolute path. */
export interface Dependencies {
  /** The scenario itself, and its coverage list: read anew whenever something changes. */
  readonly scenario: ReadonlySet<string>;
  /** Sources, headers and objects: compiled anew for each cell if they changed. */
  readonly objects: ReadonlySet<string>;
  /** What is put into guests, and so into the templates that cells are cloned from. */
  readonly guest: ReadonlySet<string>;
}

/**
 * Finds the files of a scenario. Of a source that does not compile, only the source itself is known, since what it includes is not: `before` has
 * what was known when it did.
 */
export async function dependenciesOf(
  scenario: Scenario,
  cacheDir: string,
  before: Dependencies | undefined,
): Promise<Dependencies> {
  const built = await Promise.all(
    scenario.objects.map(object =>
      buildBpfObject(object, { arch: 'amd64', cacheDir }).then(
        ({ files }) => files,
        () => [object.path, ...(before?.objects ?? [])],
      ),
    ),
  );
  const coverage = nearestCoverageFile(scenario.path);
  return {
    scenario: new Set([scenario.path, ...(coverage === null ? [] : [coverage]), ...packetFiles(scenario)]),
    objects: new Set(built.flat()),
    guest: new Set(guestFiles(scenario)),
  };
}

function packetFiles({ variants }: Scenario): string[] {
  const ofStep = (step: Step): string[] => {
    if (step.kind === 'repeat') return step.args.steps.flatMap(ofStep);
    return step.kind === 'packets' ? step.args.frames.flatMap(({ pcap }) => pcap ?? []) : [];
  };
  return variants.flatMap(({ setup, traffic, after }) => [...setup, ...traffic, ...after].flatMap(ofStep));
}

function guestFiles({ variants }: Scenario): string[] {
  return variants.flatMap(({ guest: { additions } }) => [
    ...(additions?.files ?? []).map(({ from }) => from),
    ...(additions?.programs ?? []).flatMap(({ path }) => path ?? []),
  ]);
}
