import { execFileSync } from 'node:child_process';
import t from 'tap';
import { btfInImage } from './btf-in-image.ts';
import { readKernelImage } from './kernel-image.ts';
import { BANNER, tinyBzImage, tinyElf } from './testing.ts';

/** The parts of an uncompressed Image that the code under test reads. */
function tinyImage(magic: string): Buffer {
  const image = Buffer.alloc(4096);
  image.write('MZ', 'latin1');
  image.write(magic, 56, 'latin1');
  image.write(`Linux version ${BANNER}\n`, 1024, 'latin1');
  return image;
}

/** An image of s390x: its mark, and the text of its decompressor. */
function tinyS390(): Buffer {
  const image = Buffer.alloc(0x12000);
  image.write('S390EP', 0x10008, 'latin1');
  image.write('6.12.107+deb13-s390x (builder@host) #1 SMP Debian 6.12.107-1', 0x11000, 'latin1');
  return image;
}

/** The same kernel for EFI: compressed behind a header. */
function tinyZboot(image: Buffer): Buffer {
  const payload = execFileSync('gzip', ['-9'], { input: image });
  const header = Buffer.alloc(64);
  header.write('MZ', 'latin1');
  header.write('zimg', 4, 'latin1');
  header.writeUInt32LE(header.length, 8);
  header.writeUInt32LE(payload.length, 12);
  header.write('gzip', 24, 'latin1');
  return Buffer.concat([header, payload]);
}

/** arm64's vmlinux: the same content as an Image, in one segment. */
function tinyVmlinux(image: Buffer): Buffer {
  const headers = Buffer.from(tinyElf().subarray(0, 64 + 56));
  headers.writeUInt16LE(183, 18);
  headers.writeBigUInt64LE(BigInt(headers.length), 64 + 8);
  headers.writeBigUInt64LE(BigInt(image.length), 64 + 32);
  return Buffer.concat([headers, image]);
}

t.test('a kernel is recognized by its content, with its architecture and what QEMU boots', async t => {
  const arm64 = tinyImage('ARM\x64');
  const gzipped = (content: Buffer): Buffer => execFileSync('gzip', ['-9'], { input: content });
  const rows: readonly [string, Buffer, string, Buffer | null][] = [
    ['vmlinux', tinyElf(), 'amd64', null],
    ['bzImage', tinyBzImage(tinyElf(), ['gzip']), 'amd64', tinyElf()],
    ['arm64 Image', arm64, 'arm64', null],
    ['arm64 Image.gz', gzipped(arm64), 'arm64', arm64],
    ['arm64 vmlinuz.efi', tinyZboot(arm64), 'arm64', arm64],
    ['arm64 vmlinux', tinyVmlinux(arm64), 'arm64', arm64],
    ['riscv64 Image', tinyImage('RSC\x05'), 'riscv64', null],
    ['s390x bzImage', tinyS390(), 's390x', null],
  ];
  for (const [name, file, arch, boots] of rows) {
    const image = await readKernelImage(file, name);
    if (typeof image === 'string') return t.fail(`${name} ${image}`);
    t.equal(image.arch, arch, name);
    t.match(image.banner ?? '', /\d+\.\d+\.\d+/, name);
    const unpacked = (await image.unpack?.()) ?? null;
    t.ok(boots === null ? unpacked === null : unpacked?.equals(boots), name);
  }
});

t.test('what is no kernel of a guest is said', async t => {
  t.match(
    await readKernelImage(Buffer.from('#!/bin/sh\n'), 'x'),
    /is neither a bzImage, an Image nor an ELF/,
  );
  const text = execFileSync('gzip', [], { input: 'text' });
  t.match(await readKernelImage(text, 'x'), /is compressed by gzip, and what is in it is no Image/);
  t.match(await readKernelImage(tinyVmlinux(Buffer.alloc(4096)), 'x'), /has no header of an arm64 Image/);
});

t.test('BTF is found in an Image by a header whose sections fit', async t => {
  const btf = Buffer.alloc(200_024);
  Buffer.from('9feb010018000000', 'hex').copy(btf);
  btf.writeUInt32LE(150_000, 12);
  btf.writeUInt32LE(150_000, 16);
  btf.writeUInt32LE(50_000, 20);
  const decoy = Buffer.from('9feb010018000000ffffffffffffffffffffffffffffffff', 'hex');
  const image = Buffer.concat([Buffer.alloc(77), decoy, Buffer.alloc(13), btf, Buffer.alloc(500)]);
  t.ok(btfInImage(image, 'little')?.equals(btf));
  t.equal(btfInImage(image, 'big'), null);
  t.equal(btfInImage(image.subarray(0, 150_000), 'little'), null, 'a file that ends within it');
  const big = Buffer.alloc(200_024);
  Buffer.from('eb9f010000000018', 'hex').copy(big);
  big.writeUInt32BE(150_000, 12);
  big.writeUInt32BE(150_000, 16);
  big.writeUInt32BE(50_000, 20);
  t.ok(btfInImage(Buffer.concat([Buffer.alloc(77), big, Buffer.alloc(500)]), 'big')?.equals(big));
});
