import { largeInteger, type Counters, type Value } from '../model/counters.ts';
import type { NameUse } from '../scenario/cel-names.ts';
import { CelKernel } from '../scenario/cel.ts';
import { didYouMean } from '../util/nearest.ts';

/** Counters as CEL takes them: whole numbers are BigInt, since CEL's int and double do not mix. */
export function celContext(counters: Counters): Record<string, unknown> {
  const context = Object.fromEntries(Object.entries(counters).map(([name, value]) => [name, toCel(value)]));
  const kernel = counters['kernel'];
  if (isMapping(kernel)) {
    context['kernel'] = new CelKernel(text(kernel['version']), text(kernel['series']), text(kernel['arch']));
  }
  const maps = counters['maps'];
  if (isMapping(maps)) context['maps'] = eachOf(maps, object => eachOf(object, celMap));
  return context;
}

function eachOf(value: Value, inner: (value: Value) => unknown): unknown {
  if (!isMapping(value)) return toCel(value);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inner(one)]));
}

/** A BPF map: its entries, which loops and sums go over, and `size`, which is none of them. */
function celMap(map: Value): unknown {
  if (!isMapping(map)) return toCel(map);
  const { size, ...entries } = map;
  const context = toCel(entries) as object;
  return size === undefined ? context : Object.defineProperty(context, 'size', { value: toCel(size) });
}

function text(value: Value | undefined): string {
  return typeof value === 'string' ? value : '';
}

function toCel(value: Value): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map((item: Value) => toCel(item));
  if (!isMapping(value)) return value;
  const large = largeInteger(value);
  if (large !== null) return large;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toCel(inner)]));
}

/** The value that a name stands for, or what is wrong with the name. A name with a computed index is followed up to it. */
export function lookUp(counters: Counters, { path }: NameUse): { value: Value } | { missing: string } {
  let value: Value = counters;
  for (const [index, key] of path.entries()) {
    if (key === '*') break;
    const inner: Value | undefined = Array.isArray(value)
      ? (value as readonly Value[])[Number(key)]
      : isMapping(value) && Object.hasOwn(value, key)
        ? value[key]
        : undefined;
    if (inner === undefined) {
      const names = isMapping(value) ? Object.keys(value) : [];
      const name = path.slice(0, index + 1).join('.');
      return { missing: `unknown name \`${name}\`${didYouMean(key, names)}` };
    }
    value = inner;
  }
  return { value };
}

/** Longest text of one value in a message. */
const LONGEST = 80;

/** A counter's value as it is printed instead of its name. */
export function show(value: unknown): string {
  const whole = typeof value === 'bigint' ? value : largeInteger(value);
  if (whole !== null) return String(whole);
  const text = JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'bigint' ? Number(inner) : inner,
  );
  if (text === undefined) return String(value);
  if (text.length <= LONGEST) return text;
  return Array.isArray(value) ? `[${value.length} items]` : `${text.slice(0, LONGEST - 1)}…`;
}

/** A value as it stands in a sentence: a text without quotes. */
export function plainText(value: Value | undefined): string {
  return typeof value === 'string' ? value : show(value);
}

function isMapping(value: Value | undefined): value is { readonly [key: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
