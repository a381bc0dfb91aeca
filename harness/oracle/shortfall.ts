import type { Value } from '../model/counters.ts';
import type { PlainStep } from '../scenario/scenario.ts';
import type { StepArgs, StepKind } from '../scenario/step-schema.ts';
import { plainText } from './cel-values.ts';

/** What a step is to come to, by its kind. */
interface Goal<K extends StepKind> {
  /** The value of the result that says how far it came. */
  readonly field: string;
  readonly wanted: (args: StepArgs<K>) => number;
  /** What is said of one that did not come that far. */
  readonly text: (args: StepArgs<K>, reached: Value) => string;
}

const GOALS: { readonly [K in 'tcp' | 'ping' | 'fault']: Goal<K> } = {
  tcp: {
    field: 'received_bytes',
    wanted: bytesOf,
    text: (args, reached) => `${plainText(reached)} of ${bytesOf(args)} bytes came through`,
  },
  ping: {
    field: 'replies',
    wanted: ({ count }) => count,
    text: ({ count }, reached) => `${plainText(reached)} of ${count} replies came through`,
  },
  fault: { field: 'injected', wanted: ({ times }) => times, text: notInjected },
};

/**
 * How far a step did not come, and the value of its result that says so; null where it came as far as it says, and where that is not known
 * yet.
 */
export function shortfall(
  step: PlainStep,
  result: Readonly<Record<string, Value>>,
): { readonly field: string; readonly text: string } | null {
  if (step.kind !== 'tcp' && step.kind !== 'ping' && step.kind !== 'fault') return null;
  // The table's type says that kind and arguments belong together; TypeScript cannot follow that through a union.
  const { field, wanted, text } = GOALS[step.kind] as Goal<StepKind>;
  const reached = result[field];
  if (reached === undefined || reached === wanted(step.args)) return null;
  const error = result['error'];
  const why = typeof error === 'string' && error !== '' ? ` (${error})` : '';
  return { field, text: `${text(step.args, reached)}${why}` };
}

function bytesOf({ bytes, connections }: StepArgs<'tcp'>): number {
  return bytes * connections;
}

function notInjected(
  { of, in: caller, cache, order = 0, nth, times }: StepArgs<'fault'>,
  injected: Value,
): string {
  const which = cache !== undefined ? ` from ${cache}` : order > 0 ? ` of order ${order} or above` : '';
  const where = caller === undefined ? '' : ` below ${caller}`;
  const allocations = (plural: string): string =>
    `${of === 'slab' ? 'slab' : 'page'} allocation${plural}${which}${where}`;
  if (injected !== 0) return `injected ${plainText(injected)} of ${times} times: no more ${allocations('s')}`;
  const fewer = nth === 1 ? `no ${allocations('')}` : `fewer than ${nth} ${allocations('s')}`;
  return `never injected: ${fewer}`;
}
