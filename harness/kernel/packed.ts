import { BpfrigError } from '../util/errors.ts';
import { hostCommandBytes } from '../util/host-command.ts';

/** The largest kernel that is read, packed or unpacked. A kernel with debug information has 400 MiB. */
export const MAX_KERNEL_BYTES = 1024 ** 3;

/** Compression formats of kernels and packages, recognized by its first bytes. The tool writes the content to stdout. */
const PACKINGS = [
  { magic: '1f8b', tool: 'gzip', args: ['-dc'], sizeAppended: false },
  { magic: 'fd377a585a00', tool: 'xz', args: ['-dc'], sizeAppended: true },
  { magic: '28b52ffd', tool: 'zstd', args: ['-dcq'], sizeAppended: true },
  { magic: '02214c18', tool: 'lz4', args: ['-dcq'], sizeAppended: true },
  { magic: '425a68', tool: 'bzip2', args: ['-dc'], sizeAppended: true },
  { magic: '5d0000', tool: 'xz', args: ['--format=lzma', '-dc'], sizeAppended: true },
] as const;

/** The format in which something is compressed, by its first bytes, and the tool that unpacks it; null for one that bpfrig does not know. */
export function packingOf(content: Buffer): (typeof PACKINGS)[number] | null {
  return PACKINGS.find(({ magic }) => content.toString('hex', 0, magic.length / 2) === magic) ?? null;
}

/**
 * Unpacks a kernel, or the payload of one. Its size is at its end, except in a file that was packed by itself: gzip's trailer is the size in either
 * (scripts/Makefile.lib, size_append). Returns null for a compression format that bpfrig does not know. Throws an `infra` error if the tool is not
 * installed or the payload is damaged.
 */
export async function unpackBytes(
  payload: Buffer,
  path: string,
  { sizeAppended = true }: { readonly sizeAppended?: boolean } = {},
): Promise<Buffer | null> {
  const packing = packingOf(payload);
  if (packing === null) return null;
  const hasSize = packing.tool === 'gzip' || sizeAppended;
  const size = payload.length < 4 ? 0 : payload.readUInt32LE(payload.length - 4);
  if (hasSize && size > MAX_KERNEL_BYTES)
    throw new BpfrigError(
      'infra',
      `${path}: its payload is said to unpack to ${size} bytes, more than a kernel has`,
    );
  const result = await hostCommandBytes(packing.tool, packing.args, {
    timeoutMs: 300_000,
    input: packing.sizeAppended && sizeAppended ? payload.subarray(0, -4) : payload,
    maxOutputBytes: MAX_KERNEL_BYTES,
  });
  if (result.ok && (!hasSize || result.stdout.length === size)) return result.stdout;
  const expected = hasSize ? ` of ${size} bytes` : '';
  throw new BpfrigError(
    'infra',
    `${path}: the ${packing.tool} payload does not unpack to a kernel${expected}`,
    {
      detail: result.stderr,
    },
  );
}

/** A kernel unpacks to megabytes; what begins like a packed part by chance does not. */
const LEAST_PART_BYTES = 1 << 20;
/** Of one format; a decompressor has the number in its own code, too. */
const MOST_PARTS = 16;

/** What unpacks from somewhere within a file, whatever follows it: for a kernel that is packed behind a loader which does not say where. */
export async function* unpackedParts(file: Buffer): AsyncGenerator<Buffer> {
  for (const { magic, tool, args } of PACKINGS) {
    const number = Buffer.from(magic, 'hex');
    let at = file.indexOf(number);
    for (let part = 0; at >= 0 && part < MOST_PARTS; part += 1) {
      // The tool complains about what follows, after it has written what it unpacked.
      const { stdout } = await hostCommandBytes(tool, args, {
        timeoutMs: 300_000,
        input: file.subarray(at),
        maxOutputBytes: MAX_KERNEL_BYTES,
      });
      if (stdout.length >= LEAST_PART_BYTES) yield stdout;
      at = file.indexOf(number, at + 1);
    }
  }
}
