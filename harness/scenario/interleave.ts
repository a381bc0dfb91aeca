import { BOUNDS, grouped } from './bounds.ts';
import type { Path } from './places.ts';

/** The axis that an `interleave` makes: each order is a variant of the scenario, by a name such as `abba`. */
export const ORDER_AXIS = 'order';

/** The sequences of an `interleave` by the letters of {@link ORDER_AXIS}, in the order of the file. */
const LETTERS = 'abcd';

/** The lists of a scenario that have steps. */
const STAGES = ['setup', 'traffic', 'after'] as const;

/** Orders of a scenario's steps, or what is wrong with them. */
export interface Orders {
  /** Where the step is; null: the scenario has none. */
  readonly path: Path | null;
  /** Names of orders, each once. */
  readonly names: readonly string[];
  readonly problems: readonly { readonly path: Path; readonly text: string }[];
}

/** What is read of a step here; whether all of it is right is checked with the steps of each variant. */
interface Interleave {
  readonly path: Path;
  /** Steps of each sequence. */
  readonly lengths: readonly number[];
  /** Of the first step that is in some variants only. */
  readonly when: Path | null;
  readonly orders: number | 'all';
  readonly seed: number;
}

/** The orders that the `interleave` of a scenario's raw content asks for. `axes`: names of the scenario's own. */
export function ordersOf(raw: Readonly<Record<string, unknown>>, axes: readonly string[]): Orders {
  const found = STAGES.flatMap(stage => {
    const steps = raw[stage];
    return Array.isArray(steps) ? steps.flatMap((step, index) => read(step, [stage, index])) : [];
  });
  const [first, second] = found;
  if (first === undefined) return { path: null, names: [], problems: [] };
  const { path } = first;
  const wrong = (text: string, at = path): Orders => ({ path, names: [], problems: [{ path: at, text }] });
  if (second !== undefined)
    return wrong('a scenario has one `interleave`: its orders are an axis', second.path);
  if (axes.includes(ORDER_AXIS))
    return wrong(
      `an \`interleave\` makes the axis \`${ORDER_AXIS}\`, which the scenario has already: call that one otherwise`,
    );
  if (first.when !== null)
    return wrong(
      'a step of an `interleave` is in every variant: with a `when`, several orders would be the same',
      first.when,
    );
  const count = orderCount(first.lengths);
  if (first.orders === 'all' && count > BOUNDS.variants)
    return wrong(
      `the steps have more than ${grouped(BOUNDS.variants)} orders: \`orders: 20\` takes 20 of them`,
    );
  const names =
    first.orders === 'all' || first.orders >= count
      ? allOrders(first.lengths)
      : someOrders(first, first.orders);
  return { path, names, problems: [] };
}

function read(step: unknown, at: Path): Interleave[] {
  if (!isRecord(step) || !isRecord(step['interleave'])) return [];
  const { of, orders = 'all', seed = 1 } = step['interleave'];
  // What the schema refuses is reported by it.
  if (!Array.isArray(of) || of.length > BOUNDS.sequences || !isOrders(orders)) return [];
  const path = [...at, 'interleave'];
  const sequences = of.map((sequence): readonly unknown[] => (Array.isArray(sequence) ? sequence : []));
  const whens = sequences.flatMap((steps, index) =>
    steps.flatMap((one, position) =>
      isRecord(one) && one['when'] !== undefined ? [[...path, 'of', index, position, 'when']] : [],
    ),
  );
  return [
    {
      path,
      lengths: sequences.map(steps => steps.length),
      when: whens[0] ?? null,
      orders,
      seed: typeof seed === 'number' ? seed : 1,
    },
  ];
}

function isOrders(value: unknown): value is number | 'all' {
  return value === 'all' || (typeof value === 'number' && value >= 1 && value <= BOUNDS.variants);
}

/** How many orders there are: a multinomial coefficient. */
function orderCount(lengths: readonly number[]): number {
  let [count, placed] = [1, 0];
  for (const length of lengths) {
    for (let one = 1; one <= length; one += 1) {
      placed += 1;
      count = (count * placed) / one;
    }
  }
  return Math.round(count);
}

/** Every order, in the order of the alphabet. */
export function allOrders(lengths: readonly number[]): string[] {
  if (lengths.every(length => length === 0)) return [''];
  return lengths.flatMap((length, index) => {
    if (length === 0) return [];
    const rest = lengths.map((other, position) => (position === index ? other - 1 : other));
    return allOrders(rest).map(order => `${LETTERS[index] ?? ''}${order}`);
  });
}

/** `wanted` different orders, of which there are more: the same for the same seed. */
function someOrders({ lengths, seed }: Interleave, wanted: number): string[] {
  const letters = lengths.flatMap((length, index) => (LETTERS[index] ?? '').repeat(length).split(''));
  const random = randomNumbers(seed);
  const found = new Set<string>();
  while (found.size < wanted) found.add(shuffled(letters, random).join(''));
  return [...found];
}

function shuffled(letters: readonly string[], random: () => number): string[] {
  const left = [...letters];
  return letters.map(() => left.splice(Math.floor(random() * left.length), 1)[0] ?? '');
}

/** Numbers from 0 to 1, by Tommy Ettinger's mulberry32. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The steps of some sequences in an order: `[1, 0]` is the first step of the second one. */
export function inOrder(order: string): (readonly [number, number])[] {
  const next = new Map<number, number>();
  return order.split('').map(letter => {
    const sequence = LETTERS.indexOf(letter);
    const step = next.get(sequence) ?? 0;
    next.set(sequence, step + 1);
    return [sequence, step];
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
