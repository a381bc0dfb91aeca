import type { Observations } from '../model/observations.ts';
import type { NameUse } from '../scenario/cel-names.ts';
import { SUBJECTS } from './subjects.ts';
import { witnessDifferences } from './witness.ts';

/**
 * What was lost of the observations, one line each; empty when nothing was. That is the harness's fault, never the kernel's: two counts
 * of one tracepoint differ because one of them missed an event. `named` are the names in the expectations that apply. Splats are found on
 * the console too, so that a log with a gap matters only to expectations about it.
 */
export function lostObservations(seen: Observations, named: readonly NameUse[]): string[] {
  const { observers, witness, maps, arrivals, logLost = 0, objects } = seen;
  const differences = witnessDifferences(observers, witness, Object.values(maps));
  const ofLog = named.some(({ path }) => path[0] === 'stack' && path[1] === 'seq' && path[2] !== 'lost');
  const arrivalsLost = ofLog ? (arrivals?.lost ?? 0) : 0;
  const ofKernelLog = named.some(({ path }) => path[0] === 'log') ? logLost : 0;
  return [
    ...differences.map(text => `witness: ${text}`),
    ...(arrivalsLost === 0
      ? []
      : [`the log of arrivals had no room for ${arrivalsLost} packets: \`stack.seq\` is void`]),
    ...(ofKernelLog === 0
      ? []
      : [`the kernel overwrote ${ofKernelLog} lines of its log before they were read: \`log\` is void`]),
    ...lostRecords(objects),
  ];
}

/** Streams are read only where an expectation names them. */
function lostRecords(objects: Observations['objects']): string[] {
  return Object.entries(objects?.lost ?? {})
    .filter(([, lost]) => lost > 0)
    .map(
      ([stream, lost]) =>
        `bpfrig could not take ${lost} records in time: \`events.${stream}\` is void (a larger buffer or slower traffic helps)`,
    );
}

/** Names of the counters that rest on observers, from the top. */
const OBSERVED = new Set([
  'raw',
  'entry',
  'devmap_entry',
  ...SUBJECTS.filter(({ tables }) => tables.length > 0).flatMap(({ words }) => Object.keys(words)),
]);

/** Whether names rest on nothing that can be lost: results of steps, devices, sources, what the stack received. */
export function areFirm(
  names: readonly NameUse[],
  { logLost = 0, objects }: Pick<Observations, 'logLost' | 'objects'> = {},
): boolean {
  return names.every(({ path: [root, second, third] }) => {
    const lost =
      (root === 'log' && logLost > 0) ||
      (root === 'events' && (objects?.lost[`${second}.${third}`] ?? 0) > 0) ||
      (root === 'stack' && second === 'seq');
    return !OBSERVED.has(root ?? '') && !lost;
  });
}
