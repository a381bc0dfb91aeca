import { byteOrderOf } from '../arch/byte-order.ts';
import { BpfrigError } from '../util/errors.ts';
import { didYouMean } from '../util/nearest.ts';
import type { Value } from '../model/counters.ts';
import { untypedBytes } from './map-values.ts';
import type { BpfGlobal, BpfObject } from './object.ts';
import { decodeValue, encodeValue } from './values.ts';

/** Bytes of a global variable, as the agent stores them before an object is loaded. */
export interface GlobalBytes {
  /** `.data`, `.bss`, `.rodata` or one that begins so. */
  readonly section: string;
  /** From the start of the section. */
  readonly offset: number;
  readonly hex: string;
}

/**
 * The bytes of global variables by their types. `where` is what messages begin with: `globals`. Throws `scenario` for a variable that
 * the object does not have, and for a value that does not fit.
 */
export function globalBytes(
  object: BpfObject,
  values: Readonly<Record<string, unknown>>,
  where: string,
): GlobalBytes[] {
  return Object.entries(values).map(([name, value]) => {
    const { section, offset, size, type } = findGlobal(object, name, where);
    const at = `${where}.${name}`;
    const bytes =
      type === null || object.btf === null
        ? untypedBytes(value, size, at, byteOrderOf(object))
        : encodeValue(object.btf, type, value, at, object.littleEndian);
    return { section, offset, hex: bytes.toString('hex') };
  });
}

function findGlobal({ label, globals, kconfig }: BpfObject, name: string, where: string): BpfGlobal {
  const found = globals.find(one => one.name === name);
  if (found !== undefined) return found;
  if (kconfig.includes(name))
    throw new BpfrigError(
      'scenario',
      `${where}: \`${name}\` of ${label} is the kernel's configuration (__kconfig): the kernel decides it`,
    );
  const known = globals.map(one => one.name);
  const has = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`;
  throw new BpfrigError(
    'scenario',
    `${where}: ${label} has no global variable \`${name}\`${didYouMean(name, known)} (${has})`,
  );
}

/** Sections that hold global variables: libbpf makes a map of each. */
export function globalSections({ globals }: BpfObject): string[] {
  return [...new Set(globals.map(({ section }) => section))];
}

/** Variables of one section by name, from its bytes. Those without a type are hex. */
export function readGlobals(object: BpfObject, section: string, bytes: Buffer): Record<string, Value> {
  return Object.fromEntries(
    object.globals
      .filter(one => one.section === section)
      .map(({ name, offset, size, type }) => {
        const own = bytes.subarray(offset, offset + size);
        const value =
          type === null || object.btf === null
            ? `0x${own.toString('hex')}`
            : decodeValue(object.btf, type, own, object.littleEndian);
        return [name, value];
      }),
  );
}
