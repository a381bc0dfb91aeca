import fc from 'fast-check';
import { ipText, macText } from '../util/addresses.ts';
import type { DecodedFrame } from './decode.ts';
import type { FrameDescription } from './description.ts';
import { TCP_FLAGS, type Fields } from './fields.ts';
import { LAYER_NAMES, type LayerName } from './layer.ts';
import { LAYERS } from './layers.ts';

/** Values for the fields of a layer: some of them, of any value that fits. `left` are those that decide how the rest is read. */
function fieldsOf(name: LayerName, left: readonly string[]): fc.Arbitrary<Fields> {
  const kinds = {
    uint: (bits: number) => fc.nat({ max: 2 ** Math.min(bits, 31) - 1 }),
    flag: () => fc.boolean(),
    mac: () => fc.uint8Array({ minLength: 6, maxLength: 6 }).map(b => macText(Buffer.from(b))),
    ip4: () => fc.ipV4(),
    ip6: () => fc.uint8Array({ minLength: 16, maxLength: 16 }).map(b => ipText(Buffer.from(b))),
    tcp_flags: () => fc.subarray([...TCP_FLAGS]).map(letters => letters.join('')),
  };
  const shape = LAYERS[name].fields
    .filter(field => !left.includes(field.name))
    .map(field => [field.name, kinds[field.kind](field.bits)] as const);
  return fc.record(Object.fromEntries(shape), { requiredKeys: [] }) as fc.Arbitrary<Fields>;
}

/** Lengths, numbers of the next layer and the like: with another value, the frame is read as something else. */
const DECIDING: Readonly<Record<LayerName, readonly string[]>> = {
  eth: ['type'],
  vlan: ['type'],
  arp: [],
  ip: ['header_length', 'length', 'protocol', 'offset', 'mf'],
  ip6: ['length', 'next_header'],
  tcp: ['header_length'],
  udp: ['length', 'dport'],
  icmp: [],
  icmp6: [],
  gre: ['flags', 'type'],
  vxlan: [],
};

const hex = (most: number) =>
  fc.uint8Array({ maxLength: most }).map(bytes => Buffer.from(bytes).toString('hex'));
const layer = (name: LayerName): fc.Arbitrary<Fields> => fieldsOf(name, DECIDING[name]);
const payload = fc.record({ hex: hex(60) });

const transport = fc.oneof(
  fc.record({ udp: layer('udp'), payload }),
  fc.record({
    tcp: fc.tuple(layer('tcp'), hex(10)).map(([tcp, options]) => ({ ...tcp, options: options.repeat(4) })),
    payload,
  }),
  fc.record({ icmp: layer('icmp'), payload }),
  fc.record({ icmp6: layer('icmp6'), payload }),
);

const extension = fc.oneof(
  fc.record({ kind: fc.constantFrom('hop_by_hop', 'routing', 'destination'), data: hex(40) }),
  fc.record({ kind: fc.constant('fragment'), id: fc.nat() }),
);
const network: fc.Arbitrary<FrameDescription> = fc.oneof(
  fc
    .tuple(layer('ip'), hex(10), transport)
    .map(([ip, options, rest]) => ({ ip: { ...ip, options: options.repeat(4) }, ...rest })),
  fc
    .tuple(layer('ip6'), fc.array(extension, { maxLength: 3 }), transport)
    .map(([ip6, extensions, rest]) => ({ ip6: { ...ip6, extensions }, ...rest })),
);

const withTags = (frame: fc.Arbitrary<FrameDescription>): fc.Arbitrary<FrameDescription> =>
  fc
    .tuple(layer('eth'), fc.array(layer('vlan'), { maxLength: 3 }), frame, hex(20))
    .map(([eth, vlan, rest, trailer]) => ({ eth, ...(vlan.length > 0 ? { vlan } : {}), ...rest, trailer }));

const tunnel: fc.Arbitrary<FrameDescription> = fc.oneof(
  fc.record({ ip: layer('ip'), inner: network }),
  fc.record({
    ip6: layer('ip6'),
    gre: fc.record({ key: fc.nat(), seq: fc.nat(), checksum: fc.constant(true) }, { requiredKeys: [] }),
    inner: network,
  }),
  fc.record({
    ip: layer('ip'),
    udp: layer('udp').map(udp => ({ ...udp, dport: 4789 })),
    vxlan: layer('vxlan'),
    inner: withTags(network),
  }),
);

/** ARP has no length: what is behind it is its payload. */
const arp: fc.Arbitrary<FrameDescription> = withTags(fc.record({ arp: layer('arp') })).map(
  ({ trailer = '', ...frame }) => ({ ...frame, payload: { hex: trailer } }),
);

/** Any sound frame. */
export const anyFrame: fc.Arbitrary<FrameDescription> = fc.oneof(
  { arbitrary: arp, weight: 1 },
  { arbitrary: withTags(fc.oneof(network, tunnel)), weight: 9 },
);

/** The smallest input for which a property does not hold; null when there is none among so many. */
export function counterexample<T>(property: fc.IProperty<[T]>, runs: number): string | null {
  const { failed, counterexample: found, errorInstance } = fc.check(property, { numRuns: runs });
  return failed ? `${fc.stringify(found)} ${String(errorInstance)}` : null;
}

/** What was read, as a description of the same bytes. */
export function asDescription(decoded: DecodedFrame): FrameDescription {
  const names = LAYER_NAMES.filter(name => name !== 'vlan');
  const { vlans, inner, payload, trailer } = decoded as {
    readonly vlans?: readonly Fields[];
    readonly inner?: DecodedFrame;
    readonly payload?: { readonly hex: string };
    readonly trailer?: string;
  };
  return {
    ...Object.fromEntries(names.map(name => [name, decoded[name] as Fields | undefined])),
    vlan: vlans,
    inner: inner === undefined ? undefined : asDescription(inner),
    payload: { hex: payload?.hex ?? '' },
    trailer,
  };
}
