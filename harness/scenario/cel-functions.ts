import type { ASTNode, Environment } from '@marcbachmann/cel-js';
import { integerOf, type ByteOrder } from '../arch/byte-order.ts';
import { parseIp, parseMac } from '../util/addresses.ts';
import { childNodes } from './cel-names.ts';

/**
 * The functions that expectations have in addition to CEL's own:
 *
 * - `sum(list)`, `sum(map)`, `list.sum()`: the sum of numbers; of structs, each member's sum
 * - `ip('198.18.0.1')`: the number that a `__be32` with this address is in the guest's memory; of IPv6 a list of 16 bytes
 * - `mac('52:54:00:12:34:56')`: a list of 6 bytes
 *
 * They return what `decodeValue` shows of such a value, so that the two can be compared.
 */
export function registerFunctions(environment: Environment, order: ByteOrder): Environment {
  return environment
    .registerFunction('sum(list<dyn>): dyn', (list: readonly unknown[]) => total(list))
    .registerFunction('sum(map<dyn, dyn>): dyn', (map: object) => total(valuesOf(map)))
    .registerFunction('list.sum(): dyn', (list: readonly unknown[]) => total(list))
    .registerFunction('map.sum(): dyn', (map: object) => total(valuesOf(map)))
    .registerFunction('ip(string): dyn', (text: string) => orThrow('ip', text, ipValue(text, order)))
    .registerFunction('mac(string): dyn', (text: string) => orThrow('mac', text, listOf(parseMac(text))));
}

function valuesOf(map: object): unknown[] {
  return map instanceof Map ? [...(map as ReadonlyMap<unknown, unknown>).values()] : Object.values(map);
}

/** The sum of numbers, or of structs member by member: what a per-CPU value is on all CPUs together. */
function total(values: readonly unknown[]): unknown {
  const [first] = values;
  if (first === undefined || typeof first === 'bigint')
    return values.reduce<bigint>((sum, value) => sum + BigInt(value as bigint), 0n);
  if (typeof first === 'number') return values.reduce<number>((sum, value) => sum + Number(value), 0);
  if (Array.isArray(first))
    return first.map((_, index) => total(values.map(value => (value as readonly unknown[])[index])));
  if (typeof first !== 'object' || first === null)
    throw new TypeError(`sum() adds numbers, not ${typeof first === 'object' ? 'null' : typeof first}`);
  // A member that is no number, such as the name of an enum, has no sum.
  const summed = Object.keys(first).flatMap(key => {
    const members = values.map(value => (value as Readonly<Record<string, unknown>>)[key]);
    return members.every(isSummable) ? [[key, total(members)] as const] : [];
  });
  return Object.fromEntries(summed);
}

function isSummable(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isSummable);
  return (
    typeof value === 'bigint' || typeof value === 'number' || (typeof value === 'object' && value !== null)
  );
}

function ipValue(text: string, order: ByteOrder): unknown {
  const bytes = parseIp(text);
  return bytes?.length === 4 ? integerOf(bytes, order) : listOf(bytes);
}

function listOf(bytes: Buffer | null): bigint[] | null {
  return bytes === null ? null : [...bytes].map(BigInt);
}

function orThrow(name: string, text: string, value: unknown): unknown {
  if (value === null) throw new TypeError(ADDRESS_PROBLEMS[name]?.(text));
  return value;
}

const ADDRESS_PROBLEMS: Readonly<Record<string, (text: string) => string>> = {
  ip: text => `ip(): \`${text}\` is no IPv4 and no IPv6 address`,
  mac: text => `mac(): \`${text}\` is no MAC address such as 52:54:00:12:34:56`,
};

const PARSERS: Readonly<Record<string, (text: string) => Buffer | null>> = { ip: parseIp, mac: parseMac };

/** What is wrong with the first address that is written out in an expression, with its offset; null where nothing is. */
export function addressProblem(node: ASTNode): { readonly problem: string; readonly offset: number } | null {
  if (node.op === 'call') {
    const [name, [argument]] = node.args;
    const parse = Object.hasOwn(PARSERS, name) ? PARSERS[name] : undefined;
    if (parse !== undefined && argument?.op === 'value' && typeof argument.args === 'string') {
      const text = argument.args;
      if (parse(text) === null)
        return { problem: ADDRESS_PROBLEMS[name]?.(text) ?? '', offset: argument.range.start };
    }
  }
  for (const child of childNodes(node)) {
    const found = addressProblem(child);
    if (found !== null) return found;
  }
  return null;
}
