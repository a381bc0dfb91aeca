import { BpfrigError } from '../util/errors.ts';
import type { Addresses } from './checksum.ts';
import type { DescribedLayer, FrameDescription, Payload } from './description.ts';
import type { Fields } from './fields.ts';
import { ENDS, LAYER_NAMES, type Ends, type LayerName } from './layer.ts';
import { LAYERS } from './layers.ts';
import { addressesOf } from './layers/ip.ts';

/** Longest frame that a device takes: an IP packet of 64 KiB with its Ethernet header and two VLAN tags. */
export const FRAME_BYTES = 65_535 + 14 + 8;

/** Where a frame is sent, and what it is to be. */
export interface BuildOptions {
  /** The ends of the wire: the addresses of a frame that does not state them. Default: from `tx` to `rx`. */
  readonly ends?: Ends;
  /** Bytes of the whole frame: the payload is filled up to it. */
  readonly size?: number | undefined;
}

/**
 * The bytes of a frame from its description. What the description leaves out is right: addresses of the topology, lengths and checksums. Throws
 * BpfrigError `scenario` for values that do not fit together.
 */
export function buildFrame(
  description: FrameDescription,
  { ends = ENDS.tx, size }: BuildOptions = {},
): Buffer {
  const frame = encodeLevel(description, ends, true);
  if (size === undefined || size === frame.length) return bounded(frame);
  if (size < frame.length)
    throw new BpfrigError(
      'scenario',
      `\`size: ${size}\` is less than the ${frame.length} bytes of its parts`,
    );
  return bounded(encodeLevel(longer(description, size - frame.length), ends, true));
}

function bounded(frame: Buffer): Buffer {
  if (frame.length > FRAME_BYTES)
    throw new BpfrigError('scenario', `a frame of ${frame.length} bytes: ${FRAME_BYTES} at most`);
  return frame;
}

/** The layers of one level, outermost first, without what a tunnel holds. `implied`: with Ethernet, written or not. */
export function layersOf(description: FrameDescription, implied: boolean): DescribedLayer[] {
  return LAYER_NAMES.flatMap((name): DescribedLayer[] => {
    if (name === 'vlan') return tagsOf(description.vlan);
    const fields = description[name] ?? (name === 'eth' && implied ? {} : undefined);
    return fields === undefined ? [] : [{ name, fields }];
  });
}

function tagsOf(vlan: FrameDescription['vlan']): DescribedLayer[] {
  if (vlan === undefined) return [];
  const tags = Array.isArray(vlan) ? (vlan as readonly (number | Fields)[]) : [vlan as number | Fields];
  return tags.map(tag => ({ name: 'vlan', fields: typeof tag === 'number' ? { id: tag } : tag }));
}

function encodeLevel(description: FrameDescription, ends: Ends, implied: boolean): Buffer {
  const { inner, payload = {}, trailer = '' } = description;
  const layers = layersOf(description, implied);
  const names = layers.map(({ name }) => name);
  const withinVxlan = names.at(-1) === 'vxlan';
  const innerNames = inner === undefined ? [] : layersOf(inner, withinVxlan).map(({ name }) => name);
  let bytes = inner === undefined ? payloadBytes(payload) : encodeLevel(inner, ends, withinVxlan);
  for (const [index, { name, fields }] of [...layers.entries()].toReversed()) {
    const following: LayerName[] = [...names.slice(index + 1), ...innerNames];
    const addresses = addressesAround(layers.slice(0, index), ends);
    const header = LAYERS[name].encode(fields, { payload: bytes, following, ends, addresses });
    bytes = Buffer.concat([header, bytes]);
  }
  return Buffer.concat([bytes, Buffer.from(trailer, 'hex')]);
}

function addressesAround(layers: readonly DescribedLayer[], ends: Ends): Addresses | null {
  for (const { name, fields } of layers)
    if (name === 'ip' || name === 'ip6') return addressesOf(name, fields, ends);
  return null;
}

/** The bytes of a payload. */
export function payloadBytes({ text = '', hex = '', length, fill }: Payload): Buffer {
  const given = Buffer.concat([Buffer.from(text), Buffer.from(hex, 'hex')]);
  if (length === undefined || length === given.length) return given;
  if (length < given.length)
    throw new BpfrigError('scenario', `\`payload\` has ${given.length} bytes, and \`length: ${length}\``);
  const bytes = Buffer.alloc(length, fill ?? 0);
  if (fill === undefined) for (let at = 0; at < length; at += 1) bytes[at] = at & 0xff;
  given.copy(bytes);
  return bytes;
}

/** The same frame with so many bytes more of the innermost payload. */
function longer(description: FrameDescription, bytes: number): FrameDescription {
  const { inner, payload = {} } = description;
  if (inner !== undefined) return { ...description, inner: longer(inner, bytes) };
  return { ...description, payload: { ...payload, length: payloadBytes(payload).length + bytes } };
}
