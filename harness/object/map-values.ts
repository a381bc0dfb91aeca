import { integerBytes, type ByteOrder } from '../arch/byte-order.ts';
import type { Value } from '../model/counters.ts';
import { parseIp, parseMac } from '../util/addresses.ts';
import { BpfrigError } from '../util/errors.ts';
import type { BpfMap, BpfObject } from './object.ts';
import { decodeValue, encodeValue } from './values.ts';

/** What is known of a map's keys and values. */
export interface MapShape {
  /** libbpf's name of the type. */
  readonly type: string;
  /** Bytes. */
  readonly keySize: number;
  /** Bytes, of one CPU. */
  readonly valueSize: number;
  /** The object that declares it, whose BTF has the types; null for a map that no object declares. */
  readonly declared: { readonly contents: BpfObject; readonly map: BpfMap } | null;
  /** Of the guest that has the map. */
  readonly byteOrder: ByteOrder;
}

/** Bytes of a key. Throws `scenario`, with `where`, for one that does not fit. */
export function keyBytes(shape: MapShape, key: unknown, where: string): Buffer {
  const type = shape.declared?.map.keyType ?? null;
  return bytesOf(shape, type, shape.keySize, key, where);
}

/**
 * Bytes of a value. One value of a per-CPU map is that of each CPU; a list has one for each of `cpus` possible CPUs, as
 * BPF_MAP_UPDATE_ELEM takes them. Throws `scenario`, with `where`, for one that does not fit.
 */
export function valueBytes(shape: MapShape, value: unknown, where: string, cpus: number): Buffer {
  if (!isPerCpu(shape.type)) return oneValue(shape, value, where);
  const whole = hexOf(value, stride(shape) * cpus);
  if (whole !== null) return whole;
  const isList = Array.isArray(value) && !valueIsList(shape);
  const list: readonly unknown[] = isList ? (value as unknown[]) : Array<unknown>(cpus).fill(value);
  if (list.length !== cpus)
    throw new BpfrigError(
      'scenario',
      `${where}: ${list.length} values; the guest has ${cpus} possible CPUs, give one value for all, or one for each`,
    );
  const bytes = Buffer.alloc(stride(shape) * cpus);
  for (const [cpu, one] of list.entries())
    oneValue(shape, one, isList ? `${where}[${cpu}]` : where).copy(bytes, cpu * stride(shape));
  return bytes;
}

/** A key as its type shows it; hex without one. */
export function showKey(shape: MapShape, bytes: Buffer): Value {
  return shown(shape, shape.declared?.map.keyType ?? null, bytes);
}

/** A value as its type shows it, of a per-CPU map a list of all CPUs'; hex without a type. */
export function showValue(shape: MapShape, bytes: Buffer): Value {
  const type = shape.declared?.map.valueType ?? null;
  if (!isPerCpu(shape.type)) return shown(shape, type, bytes);
  const step = stride(shape);
  return Array.from({ length: Math.floor(bytes.length / step) }, (_, cpu) =>
    shown(shape, type, bytes.subarray(cpu * step, cpu * step + shape.valueSize)),
  );
}

/** Whether a map of this type has a value for each possible CPU. */
export function isPerCpu(type: string): boolean {
  return /^(?:lru_)?percpu_/.test(type);
}

/**
 * Bytes of a value without a type: a number of that size, `0x…` digits that make a number, an address in network order, or two hex
 * digits for each byte as it is in memory. Throws `scenario` for anything else.
 */
export function untypedBytes(value: unknown, size: number, where: string, order: ByteOrder): Buffer {
  const raw = hexOf(value, size) ?? addressOf(value, size);
  if (raw !== null) return raw;
  const number = numberOf(value);
  if (number === null)
    throw new BpfrigError(
      'scenario',
      `${where}: ${show(value)} is no number, and not ${size} bytes in hex (the object has no type for it)`,
    );
  const bits = BigInt(size) * 8n;
  if (number >= 1n << bits || number < -(1n << bits) / 2n)
    throw new BpfrigError('scenario', `${where}: ${number} does not fit into ${size} bytes`);
  return integerBytes(number, size, order);
}

function oneValue(shape: MapShape, value: unknown, where: string): Buffer {
  const type = shape.declared?.map.valueType ?? null;
  return bytesOf(shape, type, shape.valueSize, value, where);
}

function bytesOf(
  { declared, byteOrder }: MapShape,
  type: number | null,
  size: number,
  value: unknown,
  where: string,
): Buffer {
  const btf = declared?.contents.btf ?? null;
  // A scenario may create the object's map with another size than the object declares.
  if (type === null || btf === null || btf.sizeOf(type) !== size)
    return untypedBytes(value, size, where, byteOrder);
  return hexOf(value, size) ?? encodeValue(btf, type, value, where, byteOrder === 'little');
}

function shown({ declared, byteOrder }: MapShape, type: number | null, bytes: Buffer): Value {
  const btf = declared?.contents.btf ?? null;
  if (type === null || btf === null || btf.sizeOf(type) !== bytes.length) return `0x${bytes.toString('hex')}`;
  return decodeValue(btf, type, bytes, byteOrder === 'little');
}

/** Of a per-CPU map, each CPU's value begins at a multiple of 8 bytes. */
function stride({ valueSize }: MapShape): number {
  return Math.ceil(valueSize / 8) * 8;
}

function valueIsList({ declared }: MapShape): boolean {
  const type = declared?.map.valueType ?? null;
  return type !== null && declared?.contents.btf?.resolve(type).kind === 'array';
}

/** Exactly two hex digits for each byte. */
function hexOf(value: unknown, size: number): Buffer | null {
  if (typeof value !== 'string' || value.length !== size * 2 || !/^[0-9a-f]*$/i.test(value)) return null;
  return Buffer.from(value, 'hex');
}

function addressOf(value: unknown, size: number): Buffer | null {
  if (typeof value !== 'string') return null;
  const bytes = size === 6 ? parseMac(value) : parseIp(value);
  return bytes?.length === size ? bytes : null;
}

function numberOf(value: unknown): bigint | null {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : null;
  // Digits alone would be hex of another size as often as a number.
  return typeof value === 'string' && /^0x[0-9a-f]{1,40}$/i.test(value) ? BigInt(value) : null;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}
