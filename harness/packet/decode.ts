import type { Value } from '../model/counters.ts';
import type { Fields } from './fields.ts';
import type { LayerName, Outside, ReadHeader } from './layer.ts';
import { LAYERS } from './layers.ts';

/**
 * A frame by its layers, with the names that descriptions have: `ip.src`, `tcp.flags`. Next to them: `length` in bytes, `layers` in the order of
 * the frame, `vlan` with the ID of the outermost tag and `vlans` with all tags, `checksum_ok` in each layer with a checksum that can be verified, `inner` of a tunnel, `payload`
 * with `length`, `hex` and `text` (of printable ASCII, else ''), `trailer` behind what the lengths count, and `problem`: what is wrong with its form, or ''.
 */
export type DecodedFrame = { readonly [name: string]: Value };

/** Tunnels within each other that are read; what is deeper is payload. */
const DEEPEST = 4;
/** VLAN tags that are read. */
const MOST_TAGS = 8;
/** Payload that `hex` and `text` have; `length` counts all of it. */
export const SHOWN_BYTES = 2048;

/** Reads an Ethernet frame. Never throws: what cannot be read is payload, and `problem` says why. */
export function decodeFrame(bytes: Buffer): DecodedFrame {
  return decodeLevel(bytes, 'eth', 1);
}

const NOWHERE: Outside = { addresses: null, fragment: false };

function decodeLevel(bytes: Buffer, first: LayerName, depth: number): DecodedFrame {
  const layers: { readonly name: LayerName; readonly values: Fields }[] = [];
  const problems: string[] = [];
  let outside = NOWHERE;
  let [at, end] = [0, bytes.length];
  let inner: DecodedFrame | null = null;
  for (let next: LayerName | null = first; next !== null;) {
    const name: LayerName = next;
    const read: ReadHeader | string = LAYERS[name].decode(bytes.subarray(at, end), outside);
    if (typeof read === 'string') {
      problems.push(`${name}: ${read}`);
      break;
    }
    layers.push({ name, values: read.values });
    if (read.problem !== undefined) problems.push(`${name}: ${read.problem}`);
    outside = read.outside ?? outside;
    end = at + (read.end ?? end - at);
    at += read.size;
    next = read.next;
    if (next === 'vlan' && layers.filter(layer => layer.name === 'vlan').length === MOST_TAGS) next = null;
    if (next !== null && read.tunnel === true) {
      const rest = bytes.subarray(at, end);
      const begin = LAYERS[next].decode(rest, NOWHERE);
      // Of what has no header there is nothing to see but bytes.
      if (typeof begin === 'string') problems.push(`${next}: ${begin}`);
      else if (depth < DEEPEST) inner = decodeLevel(rest, next, depth + 1);
      next = null;
    }
  }
  return {
    length: bytes.length,
    layers: layers.map(({ name }) => name),
    ...byName(layers),
    ...(inner === null ? { payload: payloadOf(bytes.subarray(at, end)) } : { inner }),
    ...(end < bytes.length ? { trailer: bytes.subarray(end).toString('hex') } : {}),
    problem: problems.join('; '),
  };
}

function byName(
  layers: readonly { readonly name: LayerName; readonly values: Fields }[],
): Record<string, Value> {
  const tags = layers.filter(({ name }) => name === 'vlan').map(({ values }) => values as Value);
  const [first] = tags as readonly { readonly id?: number }[];
  const others = layers.filter(({ name }) => name !== 'vlan');
  return {
    ...Object.fromEntries(others.map(({ name, values }) => [name, values as Value])),
    ...(first === undefined ? {} : { vlan: first.id ?? 0, vlans: tags }),
  };
}

const PRINTABLE = /^[\x20-\x7e\t\r\n]*$/;

function payloadOf(bytes: Buffer): Value {
  const shown = bytes.subarray(0, SHOWN_BYTES);
  const text = shown.toString('latin1');
  return {
    length: bytes.length,
    hex: shown.toString('hex'),
    text: PRINTABLE.test(text) ? text : '',
  };
}
