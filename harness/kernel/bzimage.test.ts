import t from 'tap';
import { parseBzImage } from './bzimage.ts';
import { parseElfKernel } from './elf-kernel.ts';
import { readKernelImage } from './kernel-image.ts';
import { BANNER, tinyBzImage, tinyElf } from './testing.ts';

const PACKINGS = [
  ['gzip', '-9'],
  ['xz', '--check=crc32', '--x86', '--lzma2=dict=1MiB'],
  ['zstd', '-q', '-19'],
  ['lz4', '-l', '-9'],
  [''],
];

/** What a bzImage unpacks to. */
async function unpacked(file: Buffer): Promise<Buffer | null | undefined> {
  const image = await readKernelImage(file, 'bzImage');
  if (typeof image === 'string') throw new Error(image);
  return image.unpack?.();
}

t.test('every compression format is unpacked to the same ELF', async t => {
  for (const tool of PACKINGS) {
    const image = tinyBzImage(tinyElf(), tool);
    const header = parseBzImage(image);
    if (header === null) return t.fail(`no header (${tool[0]})`);
    t.equal(header.banner, BANNER);
    t.ok((await unpacked(image))?.equals(tinyElf()), tool[0] || 'stored');
  }
});

t.test('a damaged payload is an error, an unknown compression format is not', async t => {
  const image = tinyBzImage(tinyElf(), ['gzip', '-9']);
  const header = parseBzImage(image);
  if (header === null) return t.fail('no header');
  const damaged = Buffer.from(image);
  damaged.fill(0, header.payloadOffset + 20, header.payloadOffset + 60);
  await t.rejects(unpacked(damaged), { code: 'infra', message: /gzip payload/ });
  const unknown = Buffer.from(image);
  unknown.write('????', header.payloadOffset, 'latin1');
  t.equal(await unpacked(unknown), null);
});

t.test('a file that is not a bzImage is recognized', async t => {
  const image = tinyBzImage(tinyElf(), ['gzip']);
  t.equal(parseBzImage(tinyElf()), null, 'an ELF');
  t.equal(parseBzImage(Buffer.alloc(10)), null, 'a short file');
  t.equal(parseBzImage(image.subarray(0, 1100)), null, 'a truncated image');
  const old = Buffer.from(image);
  old.writeUInt16LE(0x207, 0x206);
  t.equal(parseBzImage(old), null, 'a protocol without payload fields');
});

t.test('an ELF that no guest can boot, or that is not whole, is recognized', async t => {
  t.match(parseElfKernel(tinyElf()), { arch: 'amd64' });
  const changed = (change: (elf: Buffer) => void): Buffer => {
    const elf = tinyElf();
    change(elf);
    return elf;
  };
  const rows: [string, Buffer, RegExp][] = [
    ['no ELF', Buffer.from('hello, this is text'), /is not an ELF/],
    ['magic only', tinyElf().subarray(0, 20), /ends within its header/],
    [
      'mips',
      changed(elf => elf.writeUInt16LE(8, 18)),
      /architecture \(e_machine 8\) that bpfrig's guests do not have/,
    ],
    ['32 bits', changed(elf => elf.writeUInt8(1, 4)), /that bpfrig's guests do not have/],
    ['big endian', changed(elf => elf.writeUInt8(2, 5)), /that bpfrig's guests do not have/],
    ['no segments', changed(elf => elf.writeUInt16LE(0, 56)), /no segments/],
    ['nothing to load', changed(elf => elf.writeUInt32LE(4, 64)), /no segments to load/],
    [
      'headers far away',
      changed(elf => elf.writeBigUInt64LE(1n << 63n, 32)),
      /ends within its program headers/,
    ],
    ['truncated', tinyElf().subarray(0, -1), /is truncated/],
    ['a segment of 2^63 bytes', changed(elf => elf.writeBigUInt64LE(1n << 63n, 96)), /is truncated/],
  ];
  for (const [name, elf, problem] of rows) t.match(parseElfKernel(elf), problem, name);
});

t.test('a payload that is said to be, or is, larger than a kernel is not unpacked', async t => {
  const image = tinyBzImage(tinyElf(), ['gzip', '-9']);
  const header = parseBzImage(image);
  if (header === null) return t.fail('no header');
  const sizeAt = header.payloadOffset + header.payloadLength - 4;
  image.writeUInt32LE(0xffff_ffff, sizeAt);
  await t.rejects(unpacked(image), { code: 'infra', message: /more than a kernel has/ });
  image.writeUInt32LE(20, sizeAt);
  await t.rejects(unpacked(image), {
    code: 'infra',
    message: /does not unpack to a kernel of 20/,
  });
});
