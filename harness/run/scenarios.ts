import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { NAMES } from '../oracle/subjects.ts';
import { loadScenarios } from '../scenario/load.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { PROJECT_ROOT } from '../util/paths.ts';

/**
 * The scenarios of files and folders, named relative to `root`. Without paths: the suite, from the working directory where it has
 * one. Throws `usage` for a path without scenarios, `scenario` for a scenario that is not valid.
 */
export async function readScenarios(
  paths: readonly string[],
  root: string = process.cwd(),
): Promise<Scenario[]> {
  return await loadScenarios(paths.length > 0 ? [...paths] : [defaultScenarios()], {
    root,
    ...NAMES,
  });
}

function defaultScenarios(): string {
  return existsSync('scenarios') ? 'scenarios' : join(PROJECT_ROOT, 'scenarios');
}
