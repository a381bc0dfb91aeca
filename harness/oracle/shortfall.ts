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

const GOALS: { readonly [K in 'tcp' | 'ping' | 'fault' | 'xsk_fill' | 'xsk_receive' | 'xsk_send']: Goal<K> } =
  {
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
    xsk_fill: {
      field: 'filled',
      wanted: ({ count }) => count,
      text: ({ count }, reached) => `${plainText(reached)} of ${count} chunks found room in the fill ring`,
    },
    xsk_receive: {
      field: 'received',
      wanted: ({ count }) => count,
      text: ({ count, within }, reached) =>
        `${plainText(reached)} of ${count} frames were in the rx ring within ${within} ms`,
    },
    xsk_send: {
      field: 'completed',
      wanted: ({ count }) => count,
      text: ({ count }, reached) => `${plainText(reached)} of ${count} chunks came back`,
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
  if (!hasGoal(step.kind)) return null;
  // The table's type says that kind and arguments belong together; TypeScript cannot follow that through a union.
  const { field, wanted, text } = GOALS[step.kind] as Goal<StepKind>;
  const reached = result[field];
  if (reached === undefined || reached === wanted(step.args)) return null;
  const error = result['error'];
  const why = typeof error === 'string' && error !== '' ? ` (${error})` : '';
  return { field, text: `${text(step.args, reached)}${why}` };
}

function hasGoal(kind: StepKind): kind is keyof typeof GOALS {
  return Object.hasOwn(GOALS, kind);
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
