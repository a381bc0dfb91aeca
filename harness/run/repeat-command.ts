import { relative } from 'node:path';
import { launcher, quote } from '../util/launcher.ts';
import type { PlannedCell } from './plan.ts';

/** The command that repeats one cell alone, from the working folder, with these words at its end. */
export function repeatCommand(
  { cell, scenario }: PlannedCell,
  kernelSpec: string,
  extra: readonly string[],
): string {
  const variant = Object.entries(cell.variant).flatMap(([axis, value]) => ['--variant', `${axis}=${value}`]);
  const words = ['run', relative('.', scenario.path), '--kernel', kernelSpec, ...variant, ...extra];
  return [launcher(), ...words.map(quote)].join(' ');
}
