import type { Value } from '../model/counters.ts';
import type { PlainStep } from '../scenario/scenario.ts';
import type { StepArgs, StepKind } from '../scenario/step-schema.ts';
import { plainText } from './cel-values.ts';

/** What a step is to get through, by its kind. */
interface Goal<K extends StepKind> {
  /** The value of the result that says how much came through. */
  readonly field: string;
  readonly unit: string;
  readonly wanted: (args: StepArgs<K>) => number;
}

const GOALS: { readonly [K in 'tcp' | 'ping']: Goal<K> } = {
  tcp: {
    field: 'received_bytes',
    unit: 'bytes',
    wanted: ({ bytes, connections }) => bytes * connections,
  },
  ping: { field: 'replies', unit: 'replies', wanted: ({ count }) => count },
};

/** What did not come through of what a step sent, and the value of its result that says so; null where all did. */
export function shortfall(
  step: PlainStep,
  result: Readonly<Record<string, Value>>,
): { readonly field: string; readonly text: string } | null {
  if (step.kind !== 'tcp' && step.kind !== 'ping') return null;
  // The table's type says that kind and arguments belong together; TypeScript cannot follow that through a union.
  const { field, unit, wanted } = GOALS[step.kind] as Goal<StepKind>;
  const goal = wanted(step.args);
  if (result[field] === goal) return null;
  const error = result['error'];
  const why = typeof error === 'string' && error !== '' ? ` (${error})` : '';
  return { field, text: `${plainText(result[field])} of ${goal} ${unit} came through${why}` };
}
