import type { Fields, FieldValue } from '../fields.ts';

const [END, NOP, MSS, WSCALE, SACK_PERMITTED, TIMESTAMP] = [0, 1, 2, 3, 4, 8];

/** The options that a description names, in hex, in the order in which Linux writes them. */
export function encodeTcpOptions({ mss, sack_permitted, timestamp, echo, wscale }: Fields): string {
  const parts: Buffer[] = [];
  if (mss !== undefined) parts.push(option(MSS, [Number(mss) >> 8, Number(mss) & 0xff]));
  if (sack_permitted === true) parts.push(option(SACK_PERMITTED, []));
  if (timestamp !== undefined || echo !== undefined) {
    const times = Buffer.alloc(8);
    times.writeUInt32BE(Number(timestamp ?? 0), 0);
    times.writeUInt32BE(Number(echo ?? 0), 4);
    parts.push(option(TIMESTAMP, [...times]));
  }
  if (wscale !== undefined) parts.push(option(WSCALE, [Number(wscale)]));
  const bytes = Buffer.concat(parts);
  const padding = Buffer.alloc((4 - (bytes.length % 4)) % 4, NOP);
  return Buffer.concat([padding, bytes]).toString('hex');
}

function option(kind: number | undefined, content: readonly number[]): Buffer {
  return Buffer.from([kind ?? NOP, content.length + 2, ...content]);
}

/** The options of a header: all of them in hex as `options`, and those by name that are known. Reads up to the first damaged one. */
export function readTcpOptions(bytes: Buffer): Record<string, FieldValue> {
  if (bytes.length === 0) return {};
  const named: Record<string, FieldValue> = {};
  for (let at = 0; at < bytes.length && bytes[at] !== END;) {
    const size = bytes[at] === NOP ? 1 : (bytes[at + 1] ?? 0);
    if (size === 0 || at + size > bytes.length) break;
    if (bytes[at] !== NOP && size < 2) break;
    Object.assign(named, nameOption(bytes.subarray(at, at + size)));
    at += size;
  }
  return { ...named, options: bytes.toString('hex') };
}

function nameOption(bytes: Buffer): Record<string, FieldValue> {
  const is = (kind: number | undefined, size: number): boolean => bytes[0] === kind && bytes.length === size;
  if (is(MSS, 4)) return { mss: bytes.readUInt16BE(2) };
  if (is(WSCALE, 3)) return { wscale: bytes.readUInt8(2) };
  if (is(SACK_PERMITTED, 2)) return { sack_permitted: true };
  if (is(TIMESTAMP, 10)) return { timestamp: bytes.readUInt32BE(2), echo: bytes.readUInt32BE(6) };
  return {};
}
