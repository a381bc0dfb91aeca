import type { Path, Problem, Source } from './places.ts';

/**
 * What one variant says about one item of a scenario: a text is a problem only if every variant that has the item says so. An
 * expectation that cannot fail in one variant, because an axis filled in a 0, is right; one that cannot fail in any is a mistake.
 */
export interface Doubt {
  /** Of the item, in the file: `expect`, 2. */
  readonly item: Path;
  /** Of the text that is in doubt; default: the item's. */
  readonly path?: Path;
  /** Null: nothing is wrong with it in this variant. */
  readonly text: string | null;
  /** Where exactly in the text, if not where it begins. */
  readonly offset?: number;
}

/** The doubts that every variant shares, as problems. */
export function sharedDoubts(doubts: readonly Doubt[], source: Source): Problem[] {
  const groups = new Map<string, Doubt[]>();
  for (const doubt of doubts) {
    const key = doubt.item.map(String).join('\0');
    groups.set(key, [...(groups.get(key) ?? []), doubt]);
  }
  return [...groups.values()].flatMap(group => {
    const [first] = group;
    if (first === undefined || first.text === null || group.some(({ text }) => text === null)) return [];
    const { item, path = item, text, offset } = first;
    return [{ place: offset === undefined ? source.place(path) : source.within(path, offset), text }];
  });
}

/** Items of a list that no variant has: their `when` matches nothing that `exclude` leaves. */
export function unusedItems(key: string, count: number, doubts: readonly Doubt[], source: Source): Problem[] {
  const used = new Set(doubts.filter(({ item }) => item[0] === key).map(({ item }) => item[1]));
  return [...Array.from({ length: count }).keys()]
    .filter(index => !used.has(index))
    .map(index => ({
      place: source.place([key, index]),
      text: `\`${key}\` ${index + 1} applies in no cell: no variant has the values of its \`when\``,
    }));
}
