import { BpfrigError } from '../../util/errors.ts';
import { bytesOf, flag, packHeader, textOf, uint, unpackHeader, type Fields } from '../fields.ts';

/** Extension headers of IPv6 by number, RFC 8200. */
const NUMBERS = { hop_by_hop: 0, routing: 43, fragment: 44, destination: 60 } as const;

/** The kinds of extension headers, as descriptions name them. */
export const EXTENSION_KINDS = Object.keys(NUMBERS) as [Kind, ...Kind[]];

type Kind = keyof typeof NUMBERS;

/** A frame that has more is one that somebody made up. */
const MOST = 16;

const PREFIX = [uint('next_header', 8, ''), uint('length', 8, 'in units of 8 bytes, the first not counted')];

/** The fragment header. */
export const FRAGMENT = [
  uint('next_header', 8, 'by default that of what follows'),
  uint('reserved', 8, '0'),
  uint('offset', 13, 'in units of 8 bytes; 0'),
  uint('reserved2', 2, '0'),
  flag('mf', 'more fragments; false'),
  uint('id', 32, '0'),
];

/** The bytes of extension headers, and the number of the first; `last` is the number of what follows them. */
export function encodeExtensions(
  list: readonly Fields[],
  last: number,
): { readonly first: number; readonly bytes: Buffer } {
  let [first, bytes] = [last, Buffer.alloc(0)];
  for (const extension of list.toReversed()) {
    const kind = extension['kind'] as Kind;
    const header =
      kind === 'fragment'
        ? packHeader(FRAGMENT, { next_header: first, ...extension })
        : withOptions(extension, first);
    bytes = Buffer.concat([header, bytes]);
    first = NUMBERS[kind];
  }
  return { first, bytes };
}

function withOptions(extension: Fields, next: number): Buffer {
  const given = Buffer.from(textOf(extension['data']), 'hex');
  const size = Math.max(8, Math.ceil((given.length + 2) / 8) * 8);
  if (size > 2048)
    throw new BpfrigError('scenario', `an extension header has ${given.length} bytes: 2046 at most`);
  const prefix = packHeader(PREFIX, { next_header: next, length: size / 8 - 1, ...extension });
  return Buffer.concat([prefix, given, Buffer.alloc(size - 2 - given.length)]);
}

/** Extension headers that were read. */
interface Chain {
  readonly list: readonly Fields[];
  /** Bytes of all of them. */
  readonly size: number;
  /** The number of what follows. */
  readonly next: number;
  readonly fragment: boolean;
  /** A fragment that is not the first. */
  readonly later: boolean;
  readonly problem: string | null;
}

/** Reads the extension headers at the begin of an IPv6 packet's content, up to the first that cannot be read. */
export function readExtensions(content: Buffer, first: number): Chain {
  const list: Fields[] = [];
  let [at, next, fragment, later] = [0, first, false, false];
  const done = (problem: string | null): Chain => ({ list, size: at, next, fragment, later, problem });
  while (list.length < MOST && !later) {
    const kind = EXTENSION_KINDS.find(name => NUMBERS[name] === next);
    if (kind === undefined) return done(null);
    const bytes = content.subarray(at);
    const size = kind === 'fragment' ? bytesOf(FRAGMENT) : 8 * ((bytes[1] ?? 0) + 1);
    // What could not be read is content without a layer.
    if (size > bytes.length) {
      const text = `extension header ${next} has ${bytes.length} bytes of ${size}`;
      next = NO_LAYER;
      return done(text);
    }
    const values = unpackHeader(kind === 'fragment' ? FRAGMENT : PREFIX, bytes);
    const data = kind === 'fragment' ? {} : { data: bytes.subarray(2, size).toString('hex') };
    list.push({ kind, ...values, ...data });
    next = Number(values['next_header']);
    at += size;
    fragment ||= kind === 'fragment' && (values['mf'] === true || values['offset'] !== 0);
    later ||= kind === 'fragment' && values['offset'] !== 0;
  }
  return done(null);
}

/** IPPROTO_NONE */
const NO_LAYER = 59;
