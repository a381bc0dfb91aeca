/** What one kernel shows: one of two answers, or null where it cannot be judged. */
export type Probe<T> = (item: T) => Promise<boolean | null>;

/** Where the answer changes. */
export interface Turn<T> {
  /** The last that answers as the first end does, and the first that is known to answer as the other end does. */
  readonly before: T;
  readonly first: T;
  /** Between the two, and not to be judged: the change may be in any of them. */
  readonly between: readonly T[];
  /** How many were asked, both ends among them. */
  readonly probes: number;
}

/** Why there is nothing to search for. */
export interface NoTurn<T> {
  readonly reason: 'same' | 'end-unjudged';
  readonly at: T;
  readonly answer: boolean | null;
}

/**
 * Finds where a probe's answer changes along a list, with a binary search: the two ends, then log2 of what is between. The ends
 * need not be named good and bad, they only have to differ. An item that cannot be judged is stepped over, nearest neighbour first.
 */
export async function findTurn<T>(items: readonly T[], probe: Probe<T>): Promise<Turn<T> | NoTurn<T>> {
  const answers = new Map<number, boolean | null>();
  const ask = async (index: number): Promise<boolean | null> => {
    const known = answers.get(index);
    if (known !== undefined) return known;
    const answer = await probe(at(items, index));
    answers.set(index, answer);
    return answer;
  };
  let [low, high] = [0, items.length - 1];
  for (const end of [low, high]) {
    if ((await ask(end)) === null) return { reason: 'end-unjudged', at: at(items, end), answer: null };
  }
  const start = await ask(low);
  if (start === (await ask(high))) return { reason: 'same', at: at(items, high), answer: start };
  for (;;) {
    const middle = await judgeable(low, high, ask, answers);
    if (middle === null) break;
    if ((await ask(middle)) === start) low = middle;
    else high = middle;
  }
  return {
    before: at(items, low),
    first: at(items, high),
    between: items.slice(low + 1, high),
    probes: answers.size,
  };
}

/** The item nearest to the middle that can be judged; null when none is left between the two. */
async function judgeable(
  low: number,
  high: number,
  ask: (index: number) => Promise<boolean | null>,
  answers: ReadonlyMap<number, boolean | null>,
): Promise<number | null> {
  const middle = (low + high) / 2;
  const inside = Array.from({ length: Math.max(0, high - low - 1) }, (_, i) => low + 1 + i);
  const left = inside.filter(index => answers.get(index) !== null);
  for (const index of left.toSorted((a, b) => Math.abs(a - middle) - Math.abs(b - middle))) {
    if ((await ask(index)) !== null) return index;
  }
  return null;
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`a list of ${items.length} has no item ${index}`);
  return item;
}
