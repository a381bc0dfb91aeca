import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

/** A member of a made-up .deb, as tar has it. */
export type TarMember = Parameters<ReturnType<typeof pack>['entry']>[0] & {
  readonly content?: string | Buffer;
};

/** A tar archive. */
export async function tar(members: readonly TarMember[]): Promise<Buffer> {
  const archive = pack();
  for (const { content, ...header } of members) {
    if (content === undefined) archive.entry(header);
    else archive.entry(header, content);
  }
  archive.finalize();
  return await buffer(Readable.from(archive));
}

/** A .deb of given members, as deb(5) describes the format: also what dpkg-deb would not build. `control`: members of its control archive. */
export async function deb(
  members: readonly TarMember[] | Buffer,
  control: readonly TarMember[] = [{ name: './control', content: 'Package: x\nVersion: 1\n' }],
): Promise<Buffer> {
  const data = Buffer.isBuffer(members) ? members : await tar(members);
  const parts = (
    [
      ['debian-binary', Buffer.from('2.0\n')],
      ['control.tar.gz', gzipSync(await tar(control))],
      ['data.tar.gz', gzipSync(data)],
    ] as const
  ).map(([name, content]) => {
    const header = `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${String(content.length).padEnd(10)}\`\n`;
    return Buffer.concat([Buffer.from(header), content, Buffer.alloc(content.length % 2, '\n')]);
  });
  return Buffer.concat([Buffer.from('!<arch>\n'), ...parts]);
}

/** A .deb as distributions make them: with a control file, and checksums of its files. */
export async function packageDeb(
  name: string,
  files: Readonly<Record<string, string | Buffer>>,
  { version = '1', arch = 'amd64', hasSums = true } = {},
): Promise<Buffer> {
  const control = `Package: ${name}\nVersion: ${version}\nArchitecture: ${arch}\nMaintainer: me <me@example>\nDescription: x\n`;
  const sums = Object.entries(files).map(
    ([path, content]) => `${createHash('md5').update(content).digest('hex')}  ${path}\n`,
  );
  const members = Object.entries(files).map(([path, content]) => ({ name: `./${path}`, content }));
  return await deb(members, [
    { name: './control', content: control },
    ...(hasSums ? [{ name: './md5sums', content: sums.join('') }] : []),
  ]);
}

/** A member of a made-up .rpm. */
export interface CpioMember {
  readonly name: string;
  readonly content?: string | Buffer;
  readonly mode?: number;
  readonly links?: number;
}

/** A cpio archive of the format newc. */
export function cpio(members: readonly CpioMember[]): Buffer {
  const pad = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  const parts = [...members, { name: 'TRAILER!!!', mode: 0 }].map(entry => {
    const { name, content = '', mode = 0o100644, links = 1 } = entry as CpioMember;
    const bytes = Buffer.from(content);
    const nameBytes = Buffer.from(`${name}\0`);
    const fields = [1, mode, 0, 0, links, 0, bytes.length, 0, 0, 0, 0, nameBytes.length, 0];
    const header = `070701${fields.map(field => field.toString(16).padStart(8, '0')).join('')}`;
    return Buffer.concat([pad(Buffer.concat([Buffer.from(header), nameBytes])), pad(bytes)]);
  });
  return Buffer.concat(parts);
}

/** How a made-up .rpm differs from one with the files of its payload. */
export interface RpmOptions {
  readonly name?: string;
  readonly version?: string;
  readonly arch?: string;
  readonly compress?: readonly string[];
  /** Files that it owns and does not bring. */
  readonly ghosts?: readonly string[];
  readonly isSource?: boolean;
  /** Whether it has checksums, as every package since rpm 4.14. */
  readonly hasDigests?: boolean;
  /** Instead of the archive of its members. */
  readonly payload?: Buffer;
}

/** An .rpm of given members, as `readRpmHeader` reads it. */
export function rpm(
  members: readonly CpioMember[],
  {
    name = 'kernel-core',
    version = '1',
    arch = 'x86_64',
    compress = ['gzip', '-n'],
    ghosts = [],
    isSource = false,
    hasDigests = true,
    payload = cpio(members),
  }: RpmOptions = {},
): Buffer {
  const [program = '', ...args] = compress;
  const packed = program === '' ? payload : execFileSync(program, args, { input: payload });
  const files = [
    ...members.map(({ name: path, mode = 0o100644 }) => ({ path: path.replace(/^\./, ''), mode, flags: 0 })),
    ...ghosts.map(path => ({ path, mode: 0o100644, flags: 1 << 6 })),
  ];
  const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);
  const folders = [...new Set(files.map(({ path }) => folderOf(path)))];
  const main = section([
    [1000, text(name)],
    [1001, text(version)],
    [1002, text('1')],
    [1022, text(arch)],
    [
      1030,
      numbers(
        2,
        files.map(({ mode }) => mode),
      ),
    ],
    [
      1037,
      numbers(
        4,
        files.map(({ flags }) => flags),
      ),
    ],
    [
      1116,
      numbers(
        4,
        files.map(({ path }) => folders.indexOf(folderOf(path))),
      ),
    ],
    [1117, list(files.map(({ path }) => path.slice(folderOf(path).length)))],
    [1118, list(folders)],
    ...(hasDigests ? [[5092, list([sha256(packed)])] as const] : []),
  ]);
  const signature = section(hasDigests ? [[273, text(sha256(main))]] : []);
  const lead = Buffer.alloc(96);
  Buffer.from('edabeedb0300', 'hex').copy(lead);
  lead.writeUInt16BE(isSource ? 1 : 0, 6);
  const gap = Buffer.alloc((8 - (signature.length % 8)) % 8);
  return Buffer.concat([lead, signature, gap, main, packed]);
}

type Entry = readonly [
  tag: number,
  value: { readonly type: number; readonly count: number; readonly data: Buffer },
];

function section(entries: readonly Entry[]): Buffer {
  const index: Buffer[] = [];
  let data = Buffer.alloc(0);
  for (const [tag, value] of entries) {
    data = Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)]);
    index.push(words(tag, value.type, data.length, value.count));
    data = Buffer.concat([data, value.data]);
  }
  return Buffer.concat([words(0x8eade801, 0, entries.length, data.length), ...index, data]);
}

function words(...values: readonly number[]): Buffer {
  return numbers(4, values).data;
}

function text(value: string): Entry[1] {
  return { type: 6, count: 1, data: Buffer.from(`${value}\0`) };
}

function list(values: readonly string[]): Entry[1] {
  return { type: 8, count: values.length, data: Buffer.from(values.map(value => `${value}\0`).join('')) };
}

function numbers(bytes: 2 | 4, values: readonly number[]): Entry[1] {
  const data = Buffer.alloc(bytes * values.length);
  for (const [index, value] of values.entries()) data.writeUIntBE(value, bytes * index, bytes);
  return { type: bytes === 2 ? 3 : 4, count: values.length, data };
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The parts of a module that depmod reads: an ELF file with a table of sections. It has the alias `test:NAME`. */
export function tinyModule(name: string): Buffer {
  const info = Buffer.from(`name=${name}\0alias=test:${name}\0license=GPL\0`);
  const names = Buffer.from('\0.modinfo\0.shstrtab\0');
  const header = Buffer.alloc(64);
  header.write('\x7fELF\x02\x01\x01', 'latin1');
  header.writeUInt16LE(1, 16);
  header.writeUInt16LE(62, 18);
  header.writeUInt32LE(1, 20);
  const tableAt = Math.ceil((64 + info.length + names.length) / 8) * 8;
  header.writeBigUInt64LE(BigInt(tableAt), 40);
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(64, 58);
  header.writeUInt16LE(3, 60);
  header.writeUInt16LE(2, 62);
  const table = Buffer.alloc(3 * 64);
  const put = (index: number, nameAt: number, type: number, at: number, size: number): void => {
    table.writeUInt32LE(nameAt, 64 * index);
    table.writeUInt32LE(type, 64 * index + 4);
    table.writeBigUInt64LE(BigInt(at), 64 * index + 24);
    table.writeBigUInt64LE(BigInt(size), 64 * index + 32);
  };
  put(1, 1, 1, 64, info.length);
  put(2, 10, 3, 64 + info.length, names.length);
  const body = Buffer.concat([header, info, names]);
  return Buffer.concat([body, Buffer.alloc(tableAt - body.length), table]);
}
