import { z } from 'zod';
import { isIp4, isIp6, MAC_TEXT } from '../util/addresses.ts';
import { FRAME_BYTES } from './build.ts';
import { frameProblems, itemProblems, type FrameProblem } from './check.ts';
import { TCP_FLAGS, type Field } from './fields.ts';
import type { FrameItem, SizedFrame } from './frame-list.ts';
import type { LayerName } from './layer.ts';
import { LAYERS } from './layers.ts';
import { EXTENSION_KINDS, FRAGMENT } from './layers/extensions.ts';
import { GRE_PARTS } from './layers/tunnel.ts';

/** Lets a schema also take what stands for a value: `Wrap` of the scenario's schema. */
type Wrap = <T extends z.ZodType>(schema: T) => T;

/** Packets within packets. */
const DEEPEST = 3;

/** One frame by its layers, with a size of its own. */
export function frameSchema(wrap: Wrap): z.ZodType<SizedFrame> {
  const { size } = sizes(wrap);
  return checked(levels(wrap).safeExtend({ size }), frameProblems) as unknown as z.ZodType<SizedFrame>;
}

/** An item of a list of frames: one by its layers, by its bytes, or those of a file. */
export function frameItemSchema(wrap: Wrap): z.ZodType<FrameItem> {
  const item = levels(wrap).safeExtend({
    ...sizes(wrap),
    hex: wrap(z.string().regex(/^\s*(?:[0-9a-f]{2}\s*)+$/i))
      .optional()
      .describe('the bytes of a whole frame, with spaces where you like'),
    pcap: wrap(z.string().min(1))
      .optional()
      .describe('all frames of a pcap or pcapng file, relative to the scenario'),
  });
  return checked(item, itemProblems) as unknown as z.ZodType<FrameItem>;
}

function sizes(wrap: Wrap) {
  return {
    size: wrap(z.int().min(14).max(FRAME_BYTES))
      .optional()
      .describe('bytes of the frame: the payload is filled up to it'),
    fragment: wrap(z.int().min(8).max(65_528))
      .optional()
      .describe('cut the packet into fragments of this many bytes, a multiple of 8: each is a frame'),
  };
}

function checked<T extends z.ZodType>(schema: T, problems: (frame: never) => readonly FrameProblem[]): T {
  return schema.superRefine((frame, context) => {
    // What is wrong by itself need not fit together.
    if (context.issues.length > 0) return;
    for (const { path, message } of problems(frame as never))
      context.addIssue({ code: 'custom', path: [...path], message });
  });
}

/** The schemas of packets by their wrap: one of each keeps the JSON Schema small. */
const LEVELS = new WeakMap<Wrap, z.ZodObject>();

function levels(wrap: Wrap): z.ZodObject {
  const known = LEVELS.get(wrap);
  if (known !== undefined) return known;
  const shared = {
    ...layerSchemas(wrap),
    payload: payloadSchema(wrap).optional(),
    trailer: hexText(wrap).optional().describe('bytes that no length counts, such as padding'),
  };
  let schema: z.ZodObject = z.strictObject(shared);
  for (let at = 1; at < DEEPEST; at += 1)
    schema = z.strictObject({ ...shared, inner: schema.optional().describe('the packet within a tunnel') });
  LEVELS.set(wrap, schema);
  return schema;
}

function layerSchemas(wrap: Wrap) {
  const layer = (name: LayerName) => {
    const { fields, meaning } = LAYERS[name];
    return z.strictObject({ ...shapeOf(fields, wrap), ...MORE[name]?.(wrap) }).describe(meaning);
  };
  const tag = z.union([wrap(z.int().min(0).max(4095)), layer('vlan')]);
  const { eth, arp, ip, ip6, tcp, udp, icmp, icmp6, gre, vxlan } = LAYERS;
  const layers = { eth, arp, ip, ip6, tcp, udp, icmp, icmp6, gre, vxlan };
  const names = Object.keys(layers) as Exclude<LayerName, 'vlan'>[];
  return {
    ...Object.fromEntries(names.map(name => [name, layer(name).optional()])),
    vlan: z
      .union([...tag.options, z.array(tag).min(1).max(8)])
      .optional()
      .describe(LAYERS.vlan.meaning),
  };
}

function shapeOf(fields: readonly Field[], wrap: Wrap): Record<string, z.ZodType> {
  return Object.fromEntries(
    fields.map(field => {
      const schema = wrap(schemaOf(field)).optional();
      return [field.name, field.meaning === '' ? schema : schema.describe(field.meaning)];
    }),
  );
}

function schemaOf({ kind, bits }: Field): z.ZodType {
  const number = z
    .int()
    .min(0)
    .max(2 ** bits - 1);
  switch (kind) {
    case 'uint':
      return number;
    case 'flag':
      return z.boolean();
    case 'mac':
      return z.string().regex(MAC_TEXT);
    case 'ip4':
      return address(isIp4, 'an IPv4 address');
    case 'ip6':
      return address(isIp6, 'an IPv6 address');
    case 'tcp_flags':
      return z.union([z.string().regex(new RegExp(`^[${TCP_FLAGS.join('')}]*$`)), number]);
  }
}

function address(is: (text: string) => boolean, what: string): z.ZodType {
  return z.string().refine(is, { error: issue => `\`${String(issue.input)}\` is not ${what}` });
}

function hexText(wrap: Wrap) {
  return wrap(z.string().regex(/^(?:[0-9a-f]{2})*$/i));
}

const int = (wrap: Wrap, most: number) => wrap(z.int().min(0).max(most)).optional();
const U32 = 0xffff_ffff;

/** What headers can have beyond their fixed fields. */
const MORE: Partial<Record<LayerName, (wrap: Wrap) => Record<string, z.ZodType>>> = {
  ip: wrap => ({
    options: hexText(wrap).optional().describe('in hex, filled up to a multiple of 4 bytes'),
  }),
  ip6: wrap => ({
    extensions: z
      .array(extensionSchema(wrap))
      .max(16)
      .optional()
      .describe('extension headers, in their order'),
  }),
  tcp: wrap => ({
    options: hexText(wrap).optional().describe('all options in hex, instead of those by name'),
    mss: int(wrap, 0xffff).describe('option: maximum segment size'),
    wscale: int(wrap, 255).describe('option: window scale'),
    sack_permitted: wrap(z.boolean()).optional().describe('option: SACK permitted'),
    timestamp: int(wrap, U32).describe('TSval of the timestamps option'),
    echo: int(wrap, U32).describe('TSecr of the timestamps option'),
  }),
  gre: wrap => ({
    ...shapeOf(
      GRE_PARTS.flatMap(({ fields }): readonly Field[] => fields),
      wrap,
    ),
    checksum: wrap(z.union([z.literal(true), z.int().min(0).max(0xffff)]))
      .optional()
      .describe('true for the right one; none without it'),
  }),
};

function extensionSchema(wrap: Wrap) {
  const own = {
    kind: wrap(z.enum(EXTENSION_KINDS)).describe('which header'),
    length: int(wrap, 255).describe('in units of 8 bytes'),
  };
  const data = hexText(wrap).optional().describe('what is behind the length, filled up; not of a fragment');
  return z.strictObject({ ...shapeOf(FRAGMENT, wrap), ...own, data });
}

function payloadSchema(wrap: Wrap) {
  return z
    .strictObject({
      text: wrap(z.string()).optional().describe('as UTF-8'),
      hex: hexText(wrap).optional().describe('behind the text'),
      length: int(wrap, FRAME_BYTES).describe('bytes; what text and hex leave is filled up'),
      fill: int(wrap, 255).describe('the byte to fill up with; without it, byte n is n modulo 256'),
    })
    .describe('what is behind the last header');
}
