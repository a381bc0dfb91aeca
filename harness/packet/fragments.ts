import { BpfrigError } from '../util/errors.ts';
import { buildFrame, layersOf, type BuildOptions } from './build.ts';
import type { FrameDescription } from './description.ts';
import type { Fields } from './fields.ts';
import { ENDS, LAYER_NAMES, type LayerName } from './layer.ts';
import { protocolOf } from './numbers.ts';

/** Layers that are in each fragment; the rest is divided. */
const REPEATED: readonly LayerName[] = ['eth', 'vlan', 'ip', 'ip6'];

/**
 * The frames of a packet that is cut into fragments of `bytes` bytes each, without headers; the last one has the rest. Throws BpfrigError
 * `scenario` when the frame has no IP header, or when `bytes` is no multiple of 8.
 */
export function buildFragments(
  description: FrameDescription,
  bytes: number,
  options: BuildOptions = {},
): Buffer[] {
  const name = description.ip === undefined ? 'ip6' : 'ip';
  const header = description[name];
  if (header === undefined) throw new BpfrigError('scenario', '`fragment` needs `ip` or `ip6` in the frame');
  if (bytes % 8 !== 0) throw new BpfrigError('scenario', `\`fragment: ${bytes}\` must be a multiple of 8`);
  const whole = buildFrame(description, options);
  const shell = shellOf(description);
  const { ends = ENDS.tx } = options;
  const content = whole.subarray(buildFrame(shell, { ends }).length);
  const protocol = contentOf(description, name);
  const count = Math.max(1, Math.ceil(content.length / bytes));
  return Array.from({ length: count }, (_, index) => {
    const part = content.subarray(index * bytes, (index + 1) * bytes);
    const piece = { mf: index < count - 1, offset: (index * bytes) / 8 };
    const frame = { ...shell, [name]: fragmentHeader(name, header, piece, protocol) };
    return buildFrame({ ...frame, payload: { hex: part.toString('hex') } }, { ends });
  });
}

/** The layers that each fragment has. */
function shellOf(description: FrameDescription): FrameDescription {
  const shell = { ...description, inner: undefined, payload: undefined };
  const divided = LAYER_NAMES.filter(name => !REPEATED.includes(name));
  return { ...shell, ...Object.fromEntries(divided.map(layer => [layer, undefined])) };
}

interface Piece {
  readonly mf: boolean;
  readonly offset: number;
}

function fragmentHeader(name: 'ip' | 'ip6', header: Fields, piece: Piece, protocol: number): Fields {
  if (name === 'ip') return { protocol, ...header, ...piece };
  const extensions = typeof header['extensions'] === 'object' ? header['extensions'] : [];
  const fragment = { kind: 'fragment', next_header: protocol, ...piece };
  return { ...header, extensions: [...extensions, fragment] };
}

/** The number of what is divided, as the whole packet has it. */
function contentOf(description: FrameDescription, name: 'ip' | 'ip6'): number {
  const { inner } = description;
  const after = layersOf(description, true).map(layer => layer.name);
  const following: LayerName[] = [
    ...after.slice(after.indexOf(name) + 1),
    ...(inner === undefined ? [] : layersOf(inner, false).map(layer => layer.name)),
  ];
  return protocolOf(following);
}
