import { ByteReader } from './byte-reader.ts';
import { type Member, PackageFault } from './member.ts';

/** Bytes of a header of the format newc: a magic number and 13 fields of 8 hex digits (cpio(5); Documentation/driver-api/early-userspace/buffer-format.rst). */
const HEADER_BYTES = 110;

/** A name that is longer is damage, and is not read. */
const MAX_NAME_BYTES = 4096;

/** Types of files in `st_mode`: inode(7). */
const TYPES: Readonly<Record<number, readonly [Member['type'], string]>> = {
  0o01: ['other', 'fifo'],
  0o02: ['other', 'character-device'],
  0o04: ['directory', 'directory'],
  0o06: ['other', 'block-device'],
  0o10: ['file', 'file'],
  0o12: ['link', 'symlink'],
  0o14: ['other', 'socket'],
};

/**
 * Reads a cpio archive of the format newc, with or without checksums, and what follows it to the end of the stream. Throws a `PackageFault` for what is none, and for one that
 * ends before its trailer. The target of a symbolic link is its content.
 */
export async function* cpioMembers(source: AsyncIterable<Uint8Array>): AsyncGenerator<Member> {
  const reader = new ByteReader(source);
  for (;;) {
    const header = (await reader.take(HEADER_BYTES)).toString('latin1');
    const { name, mode, links, sizeBytes } = await readHeader(header, reader);
    if (name === 'TRAILER!!!') return await reader.drain();
    // Of files with several names only the last one has the content.
    const isEmptyLink = links > 1 && sizeBytes === 0 && mode >> 12 === 0o10;
    const [type, kind] = isEmptyLink
      ? (['link', 'hard link'] as const)
      : (TYPES[mode >> 12] ?? (['other', `file of mode ${mode.toString(8)}`] as const));
    let left = sizeBytes;
    const content = async function* (): AsyncGenerator<Buffer> {
      for await (const piece of reader.pieces(left)) {
        left -= piece.length;
        yield piece;
      }
    };
    yield { name, type, kind, sizeBytes, content: { [Symbol.asyncIterator]: content } };
    for await (const piece of reader.pieces(left)) left -= piece.length;
    await reader.take(padding(sizeBytes));
  }
}

async function readHeader(
  header: string,
  reader: ByteReader,
): Promise<Pick<Member, 'name' | 'sizeBytes'> & { readonly mode: number; readonly links: number }> {
  if (header.startsWith('07070X'))
    throw new PackageFault('it has files of more than 4 GiB, which no kernel has');
  if (!/^07070[12][\da-f]{104}$/i.test(header)) throw new PackageFault('its payload is no cpio archive');
  const field = (index: number): number => Number.parseInt(header.slice(6 + 8 * index, 14 + 8 * index), 16);
  const nameBytes = field(11);
  if (nameBytes < 1 || nameBytes > MAX_NAME_BYTES)
    throw new PackageFault(`it has a name of ${nameBytes} bytes`);
  const name = (await reader.take(nameBytes)).toString('utf8', 0, nameBytes - 1);
  await reader.take(padding(HEADER_BYTES + nameBytes));
  return { name, mode: field(1), links: field(4), sizeBytes: field(6) };
}

/** Everything begins at a multiple of 4 bytes. */
function padding(bytes: number): number {
  return (4 - (bytes % 4)) % 4;
}
