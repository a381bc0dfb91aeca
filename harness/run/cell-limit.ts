import type { PlainStep, ResolvedVariant, Step } from '../scenario/scenario.ts';
import { timeoutMs } from './steps/exec.ts';

/** The start of a cell: a boot that takes its whole time, and what makes its guest ready. */
const START_MS = 150_000;

/** The end of a cell: packets that keep moving, the last readings, a search for leaks, the verdict, a QEMU that is killed. */
const END_MS = 120_000;

/** What a step may take in addition to what its own arguments allow. Most take some milliseconds. */
const STEP_MS = 20_000;

/** What a packet may take: under emulation 1,000 per second is slow. */
const PACKET_MS = 1;

/** Bytes that a TCP segment has at least, but for the last one of a connection. */
const SEGMENT_BYTES = 1000;

/**
 * Longest time for one try at a cell on a host that is not overloaded, in milliseconds, from its start until its guests are gone. Every
 * wait of a cell has a limit of its own, which names what was waited for; this one is for the wait that nobody thought of. `timeScale`
 * stretches it as it stretches the limits of a guest.
 */
export function cellLimitMs(
  { setup, traffic, after }: Pick<ResolvedVariant, 'setup' | 'traffic' | 'after'>,
  timeScale: number,
): number {
  const steps = [...setup, ...traffic, ...after].reduce((sum, step) => sum + stepMs(step), 0);
  return (START_MS + END_MS + steps) * timeScale;
}

function stepMs(step: Step): number {
  if (step.kind === 'repeat')
    return step.args.times * step.args.steps.reduce((sum, inner) => sum + stepMs(inner), 0);
  const {
    for: wait = 0,
    within = 0,
    count = 0,
  } = step.args as { for?: unknown; within?: unknown; count?: unknown };
  const command = step.kind === 'exec' ? timeoutMs(step.args) : 0;
  return STEP_MS + command + number(wait) + number(within) + (number(count) + segments(step)) * PACKET_MS;
}

/** Segments that a step sends over TCP. */
function segments(step: PlainStep): number {
  return step.kind === 'tcp' ? (step.args.bytes * step.args.connections) / SEGMENT_BYTES : 0;
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
