import { didYouMean } from '../util/nearest.ts';
import { LAYER_NAMES, type LayerName } from './layer.ts';
import { LAYERS } from './layers.ts';

/** What a decoded frame has next to its layers. */
const BESIDES = ['length', 'layers', 'vlans', 'inner', 'payload', 'trailer', 'problem'] as const;

/** What a decoded layer can have next to the fields of its header. */
const MORE: Partial<Record<LayerName, readonly string[]>> = {
  ip: ['checksum_ok', 'options'],
  ip6: ['extensions'],
  tcp: ['checksum_ok', 'options', 'mss', 'wscale', 'sack_permitted', 'timestamp', 'echo'],
  udp: ['checksum_ok'],
  icmp: ['checksum_ok'],
  icmp6: ['checksum_ok'],
  gre: ['checksum', 'reserved', 'key', 'seq'],
};

const PAYLOAD = ['length', 'hex', 'text'] as const;

/**
 * What is wrong with a name within a decoded frame, or null: `ip.scr`. `own` are further names of the frame itself. Frames within a
 * tunnel, and parts of a field, are not looked at.
 */
export function unknownInFrame(path: readonly string[], own: readonly string[]): string | null {
  const [name, field] = path;
  if (name === undefined || name === '*') return null;
  const names = [...LAYER_NAMES, ...BESIDES, ...own];
  if (!names.includes(name)) return `a frame has no \`${name}\`${didYouMean(name, names)}`;
  const fields = fieldsOf(name);
  if (fields === null || field === undefined || field === '*' || fields.includes(field)) return null;
  return `\`${name}\` has no \`${field}\`${didYouMean(field, [...fields])}`;
}

/** The names below a name of a frame; null where there are none, or any. */
function fieldsOf(name: string): readonly string[] | null {
  if (name === 'payload') return PAYLOAD;
  const layer = LAYER_NAMES.find(one => one === name);
  // The outermost tag is a number.
  if (layer === undefined || layer === 'vlan') return null;
  return [...LAYERS[layer].fields.map(field => field.name), ...(MORE[layer] ?? [])];
}
