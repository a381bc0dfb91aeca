import type { z } from 'zod';
import type { scenarioSchema } from './schema.ts';

/** A scenario as a module exports it: what the YAML file of docs/reference.md has, as an object. */
export type ScenarioInput = z.input<ReturnType<typeof scenarioSchema>>;

/** Returns its argument: the compiler and the editor then know what a scenario may have. It is checked when it is read, as a YAML file is. */
export function defineScenario(scenario: ScenarioInput): ScenarioInput {
  return scenario;
}
