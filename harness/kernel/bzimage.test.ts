import t from 'tap';
import { bannerOfElf, parseBanner, parseBzImage, problemOfElf, unpackPayload } from './bzimage.ts';
import { BANNER, tinyBzImage, tinyElf } from './testing.ts';

const PACKINGS = [
  ['gzip', '-9'],
  ['xz', '--check=crc32', '--x86', '--lzma2=dict=1MiB'],
  ['zstd', '-q', '-19'],
  ['lz4', '-l', '-9'],
  [''],
];

t.test('every compression format is unpacked to the same ELF', async t => {
  for (const tool of PACKINGS) {
    const image = tinyBzImage(tinyElf(), tool);
    const header = parseBzImage(image);
    if (header === null) return t.fail(`no header (${tool[0]})`);
    t.equal(header.banner, BANNER);
    t.ok((await unpackPayload(image, header, 'bzImage'))?.equals(tinyElf()), tool[0] || 'stored');
  }
});

t.test('a damaged payload is an error, an unknown compression format is not', async t => {
  const image = tinyBzImage(tinyElf(), ['gzip', '-9']);
  const header = parseBzImage(image);
  if (header === null) return t.fail('no header');
  const damaged = Buffer.from(image);
  damaged.fill(0, header.payloadOffset + 20, header.payloadOffset + 60);
  await t.rejects(unpackPayload(damaged, header, 'bzImage'), { code: 'infra', message: /gzip payload/ });
  const unknown = Buffer.from(image);
  unknown.write('????', header.payloadOffset, 'latin1');
  t.equal(await unpackPayload(unknown, header, 'bzImage'), null);
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

t.test('the banner of an ELF is the text, not the format string', async t => {
  t.equal(bannerOfElf(tinyElf()), `Linux version ${BANNER}`);
  t.equal(bannerOfElf(Buffer.from('\x7fELF nothing here')), null);
});

t.test('an ELF that x86-64 cannot boot, or that is not whole, is recognized', async t => {
  t.equal(problemOfElf(tinyElf()), null);
  const changed = (change: (elf: Buffer) => void): Buffer => {
    const elf = tinyElf();
    change(elf);
    return elf;
  };
  const rows: [string, Buffer, RegExp][] = [
    ['no ELF', Buffer.from('hello, this is text'), /is not an ELF/],
    ['magic only', tinyElf().subarray(0, 20), /ends within its header/],
    ['aarch64', changed(elf => elf.writeUInt16LE(183, 18)), /another architecture \(e_machine 183\)/],
    ['32 bits', changed(elf => elf.writeUInt8(1, 4)), /another architecture/],
    ['big endian', changed(elf => elf.writeUInt8(2, 5)), /another architecture/],
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
  for (const [name, elf, problem] of rows) t.match(problemOfElf(elf) ?? '', problem, name);
});

t.test('a payload that is said to be, or is, larger than a kernel is not unpacked', async t => {
  const image = tinyBzImage(tinyElf(), ['gzip', '-9']);
  const header = parseBzImage(image);
  if (header === null) return t.fail('no header');
  const sizeAt = header.payloadOffset + header.payloadLength - 4;
  image.writeUInt32LE(0xffff_ffff, sizeAt);
  await t.rejects(unpackPayload(image, header, 'x'), { code: 'infra', message: /more than a kernel has/ });
  image.writeUInt32LE(20, sizeAt);
  await t.rejects(unpackPayload(image, header, 'x'), {
    code: 'infra',
    message: /does not unpack to an ELF of 20/,
  });
});

t.test('release and upstream version are parsed from a banner', async t => {
  const rows: [string, string, string][] = [
    [BANNER, '5.10.0-46-amd64', '5.10.262'],
    [`Linux version ${BANNER}`, '5.10.0-46-amd64', '5.10.262'],
    ['7.3.4+deb13-amd64 (a@b) (gcc) #1 SMP Debian 7.3.4-1~bpo13+1 (2026)', '7.3.4+deb13-amd64', '7.3.4'],
    ['6.19.0-rc3-dirty (me@box) #2 SMP', '6.19.0-rc3-dirty', '6.19.0'],
    ['7.4-custom (me@box) #2', '7.4-custom', '7.4.0'],
  ];
  for (const [banner, release, version] of rows)
    t.strictSame(parseBanner(banner), { release, version }, banner);
  t.equal(parseBanner('not a kernel'), null);
});
