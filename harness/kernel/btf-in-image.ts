import { integerOf, type ByteOrder } from '../arch/byte-order.ts';

/** The begin of BTF's header, in either byte order: Documentation/bpf/btf.rst. Magic, version 1, no flags, 24 bytes. */
const HEADERS: Readonly<Record<ByteOrder, Buffer>> = {
  little: Buffer.from('9feb010018000000', 'hex'),
  big: Buffer.from('eb9f010000000018', 'hex'),
};
const HEADER_BYTES = 24;

/** A kernel's BTF has megabytes; other things that begin like it do not. */
const LEAST_BYTES = 100_000;

/**
 * The BTF of an uncompressed kernel that is no ELF file, such as arm64's `Image`: found by its header, whose sections must lie within the file. Null where
 * there is none.
 */
export function btfInImage(image: Buffer, order: ByteOrder): Buffer | null {
  const header = HEADERS[order];
  for (let at = image.indexOf(header); at >= 0; at = image.indexOf(header, at + 1)) {
    if (at + HEADER_BYTES > image.length) return null;
    const [typesAt = 0, typesBytes = 0, stringsAt = 0, stringsBytes = 0] = [8, 12, 16, 20].map(field =>
      Number(integerOf(image.subarray(at + field, at + field + 4), order)),
    );
    const end = at + HEADER_BYTES + stringsAt + stringsBytes;
    const plausible =
      typesAt === 0 && stringsAt === typesBytes && end <= image.length && end - at >= LEAST_BYTES;
    // The first string is the empty one.
    if (plausible && image[at + HEADER_BYTES + stringsAt] === 0) return image.subarray(at, end);
  }
  return null;
}
