import { join, resolve } from 'node:path';
import { NAMES } from '../oracle/subjects.ts';
import { loadScenarios } from '../scenario/load.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';
import { scenarioRoot, type Project } from './project.ts';

/**
 * The scenarios of files and folders; without paths, those of the project's suites, or bpfrig's own where there is no project. Throws `usage`
 * for a path without scenarios, `scenario` for a scenario that is not valid.
 */
export async function readScenarios(paths: readonly string[], project: Project): Promise<Scenario[]> {
  const asked = paths.length > 0 ? paths.map(path => resolve(path)) : suitesOf(project);
  return await loadScenarios(asked, { rootOf: scenarioRoot, guest: project.guest, ...NAMES });
}

/** Absolute paths of what runs without paths. */
export function suitesOf({ root, file, suites }: Project): string[] {
  if (file === null) return [join(PACKAGE_ROOT, 'scenarios')];
  return suites.map(path => resolve(root, path));
}
