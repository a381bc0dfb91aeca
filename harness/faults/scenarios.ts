import { join } from 'node:path';
import { PACKAGE_ROOT } from '../util/paths.ts';
import type { Injection } from './fault.ts';
import type { Place } from './place.ts';

/** Where the scenarios of faults are. */
export const FOLDER = join(PACKAGE_ROOT, 'harness', 'faults', 'scenarios');

/** The kernel that faults are injected into, where nothing else is said: the newest. */
export const KERNEL = '7.3';

/** Passes without a fault and takes three seconds, so that a fault has time to strike. */
export const SLOW = join(FOLDER, 'slow.yaml');

/**
 * Fails, as its expectation is wrong. For faults that bpfrig repairs or survives: the verdict is then what the scenario deserves, and
 * whoever loses it anywhere is seen.
 */
export const WRONG = join(FOLDER, 'wrong.yaml');

/** Passes without a fault: traffic through a cpumap over veth, which every observer counts. */
export const TRAFFIC = join(FOLDER, 'traffic.yaml');

/** What each scenario gives without a fault. */
export const CONTROLS = [
  { file: SLOW, kernel: KERNEL, exit: 0 },
  { file: WRONG, kernel: KERNEL, exit: 1 },
  { file: TRAFFIC, kernel: KERNEL, exit: 0 },
] as const;

/** Arguments that run a scenario into the place's folder, with events on stdout. */
export function run(place: Place, scenario: string, ...more: readonly string[]): string[] {
  const kernel = more.includes('--kernel') ? [] : ['--kernel', KERNEL];
  const jobs = more.includes('--jobs') ? [] : ['--jobs', '1'];
  return ['run', scenario, ...kernel, ...jobs, '--out', place.out, '--reporter', 'jsonl', ...more];
}

/** Where in a scenario a fault strikes. */
export type Phase = 'setup' | 'traffic' | 'after';

/** Writes a scenario that would pass, but for a shell command that the guest runs in one phase of it. */
export function guestCommand(place: Place, command: string, phase: Phase = 'traffic', more = ''): string {
  const step = `  - exec: { argv: [busybox, sh, -c, ${JSON.stringify(asText(command))}] }\n`;
  const wait = '  - wait: { for: 3000 }\n';
  const steps = { setup: '', traffic: wait, after: '' };
  steps[phase] = step + wait;
  const phases = Object.entries(steps).map(([name, text]) => (text === '' ? '' : `${name}:\n${text}`));
  return place.write(
    'guest-command.yaml',
    `title: A guest command that is a fault\nsource: a fixture of the fault suite\ntopology: none\n${more}${phases.join('')}expect:\n  - sent == 0\n`,
  );
}

/** In a scenario, a dollar sign that belongs to no axis is doubled. */
export function asText(command: string): string {
  return command.replaceAll('$', '$$$$');
}

/** Runs such a scenario. */
export function inGuest(place: Place, command: string, phase?: Phase, more?: string): Injection {
  return { argv: run(place, guestCommand(place, command, phase, more)) };
}
