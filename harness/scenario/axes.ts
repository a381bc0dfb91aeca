import type { Variant } from '../model/cell.ts';
import { didYouMean } from '../util/nearest.ts';
import type { Path } from './places.ts';

/** Axes and their values, in the order in which they stand. */
export type Axes = Readonly<Record<string, readonly string[]>>;

/** A choice of axis values: one, or several of which any will do. */
export type When = Readonly<Record<string, unknown>>;

/** How many variants the axes make, before `exclude`. */
export function productSize(axes: Axes): number {
  return Object.values(axes).reduce((size, values) => size * values.length, 1);
}

/** Every combination of the axes that no `exclude` names; one empty variant when there are no axes. */
export function product(axes: Axes, exclude: readonly When[]): Variant[] {
  const all = Object.entries(axes).reduce<Variant[]>(
    (variants, [axis, values]) =>
      variants.flatMap(variant => values.map(value => ({ ...variant, [axis]: value }))),
    [{}],
  );
  return all.filter(variant => !exclude.some(when => matches(when, variant)));
}

/** `[nic=veth,mode=native]`: how a variant is written in a cell's id. */
export function suffix(variant: Variant): string {
  const pairs = Object.entries(variant).map(([axis, value]) => `${axis}=${value}`);
  return pairs.length === 0 ? '' : `[${pairs.join(',')}]`;
}

/** Whether a variant has one of the wanted values on every axis that `when` names. */
export function matches(when: When, variant: Variant): boolean {
  return Object.entries(when).every(([axis, wanted]) =>
    wantedValues(wanted).includes(valueOf(variant, axis) ?? ''),
  );
}

/** What is wrong with a `when`: an axis or a value that the scenario does not have. Paths are relative to the `when`. */
export function whenProblems(when: When, axes: Axes): { path: Path; text: string }[] {
  return Object.entries(when).flatMap(([axis, wanted]) => {
    const values = valueOf(axes, axis);
    if (values === undefined) {
      return [{ path: [axis], text: `no axis is called \`${axis}\`${didYouMean(axis, Object.keys(axes))}` }];
    }
    return wantedValues(wanted)
      .filter(value => !values.includes(value))
      .map(value => ({
        path: [axis],
        text: `axis \`${axis}\` has no value \`${value}\`${didYouMean(value, values)}`,
      }));
  });
}

/** What a name stands for; nothing where it only is a property that every object has, such as `constructor`. */
function valueOf<T>(values: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

function wantedValues(wanted: unknown): string[] {
  return (Array.isArray(wanted) ? wanted : [wanted]).map(String);
}

/** `$axis`, `${axis}`, or `$$` for a dollar sign. */
const REFERENCE = /\$(?:(\$)|\{(\w+)\}|([A-Za-z_]\w*))/g;

/** A text with the variant's values filled in. A text that is one reference and nothing more takes the type that YAML would give. */
export function fill(text: string, variant: Variant, unknown: (name: string) => void): unknown {
  const filled = text.replace(REFERENCE, (whole, dollar?: string, braced?: string, bare?: string) => {
    if (dollar !== undefined) return '$';
    const name = braced ?? bare ?? '';
    const value = valueOf(variant, name);
    if (value === undefined) unknown(name);
    return value ?? whole;
  });
  return /^\$(\{\w+\}|[A-Za-z_]\w*)$/.test(text) ? typed(filled) : filled;
}

function typed(value: string): unknown {
  if (/^-?(0|[1-9]\d*)$/.test(value)) return Number(value);
  if (value === 'true' || value === 'false') return value === 'true';
  return value;
}
