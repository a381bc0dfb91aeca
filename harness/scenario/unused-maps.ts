import { isSource } from './device-steps.ts';
import type { Problem } from './places.ts';
import type { Expectation, PlainStep, Step } from './scenario.ts';

/** Steps by which a program runs that may use a map: a command may load one of its own. */
const RUNS_PROGRAM: ReadonlySet<PlainStep['kind']> = new Set(['attach', 'load', 'live', 'test_run', 'exec']);

/** Counters that stay 0 without a redirect: an expectation that reads one says that nothing is to be redirected. */
const OF_REDIRECTS = new Set(['xdp', 'entry', 'cpumap', 'kthread']);

/** Steps `cpumap` of a scenario that sends packets and runs no program: its expectations would hold without the map. */
export function unusedCpumaps(steps: readonly Step[], expect: readonly Expectation[]): Problem[] {
  const plain = steps.flatMap(step => (step.kind === 'repeat' ? step.args.steps : [step]));
  if (!plain.some(isSource) || plain.some(({ kind }) => RUNS_PROGRAM.has(kind))) return [];
  if (expect.some(({ expression }) => expression.names.some(({ path }) => OF_REDIRECTS.has(path[0] ?? ''))))
    return [];
  return plain
    .filter(({ kind }) => kind === 'cpumap')
    .map(({ place }) => ({
      place,
      text: 'no packet is redirected into this map: no step attaches or runs a program, and no expectation says so',
    }));
}
