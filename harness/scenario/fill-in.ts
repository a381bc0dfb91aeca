import type { Variant } from '../model/cell.ts';
import { didYouMean } from '../util/nearest.ts';
import { fill, matches, whenProblems } from './axes.ts';
import type { Axes, When } from './axes.ts';
import type { Path } from './places.ts';

/** A scenario's raw content for one variant. */
export interface Filled {
  readonly data: unknown;
  /** Turns a path in `data` into the path in the file: items of other variants are gone from `data`. */
  readonly origin: (path: Path) => Path;
  readonly problems: readonly { readonly path: Path; readonly text: string }[];
}

/** Parts of the document in which `$` is just a character, or that choose variants themselves. */
const AS_WRITTEN = new Set([
  'title',
  'source',
  'covers',
  'functions',
  'kernels',
  'because',
  'axes',
  'exclude',
]);

/** Fills in `$axis` and leaves out what a `when` keeps from this variant. */
export function fillIn(raw: Readonly<Record<string, unknown>>, variant: Variant): Filled {
  const problems: { path: Path; text: string }[] = [];
  const kept = new Map<string, readonly number[]>();

  const visit = (value: unknown, here: Path, file: Path): unknown => {
    if (typeof value === 'string') {
      return fill(value, variant, name => {
        const text = `no axis is called \`$${name}\`${didYouMean(name, Object.keys(variant))} (a dollar sign itself is \`$$\`)`;
        problems.push({ path: file, text });
      });
    }
    if (Array.isArray(value)) {
      const indexes = [...value.keys()].filter(index => applies(value[index], variant));
      kept.set(key(here), indexes);
      return indexes.map((index, position) =>
        visit(value[index] as unknown, [...here, position], [...file, index]),
      );
    }
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]: [string, unknown]) => {
        const filledName = String(visit(name, here, [...file, name]));
        const asWritten = name === 'when' || (here.length === 0 && AS_WRITTEN.has(name));
        return [filledName, asWritten ? inner : visit(inner, [...here, filledName], [...file, name])];
      }),
    );
  };

  const data = visit(raw, [], []);
  const origin = (path: Path): Path =>
    path.map((part, index) => {
      const indexes = kept.get(key(path.slice(0, index)));
      return typeof part === 'number' ? (indexes?.[part] ?? part) : part;
    });
  return { data, origin, problems };
}

/** Every `when` of the document that names an axis or a value that is not there. */
export function strayWhens(value: unknown, axes: Axes, path: Path = []): { path: Path; text: string }[] {
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
    const here = [...path, Array.isArray(value) ? Number(name) : name];
    if (name !== 'when' || !isRecord(inner)) return strayWhens(inner, axes, here);
    return whenProblems(inner, axes).map(problem => ({ ...problem, path: [...here, ...problem.path] }));
  });
}

function applies(item: unknown, variant: Variant): boolean {
  return !isRecord(item) || !isRecord(item['when']) || matches(item['when'], variant);
}

function isRecord(value: unknown): value is When {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function key(path: Path): string {
  return path.map(String).join('\0');
}
