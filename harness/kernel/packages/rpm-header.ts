import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { PackageFault } from './member.ts';

/** What bpfrig reads of an .rpm's headers. */
export interface RpmHeader {
  readonly name: string;
  /** `6.11.4-301.fc41`: version and release. */
  readonly version: string;
  /** Fedora's name: `x86_64`, `aarch64`, `noarch`. */
  readonly arch: string;
  /** A package of sources, not of what is built from them. */
  readonly isSource: boolean;
  /** Regular files that the payload holds, by their absolute paths. */
  readonly files: readonly string[];
  /** Where the compressed payload begins in the file. */
  readonly payloadOffset: number;
  /** SHA-256 of the compressed payload; null in packages of rpm before 4.14. */
  readonly payloadSha256: string | null;
}

/** Numbers of tags: rpm's include/rpm/rpmtag.h. */
const TAG = {
  headerSha256: 273,
  name: 1000,
  version: 1001,
  release: 1002,
  arch: 1022,
  fileModes: 1030,
  fileFlags: 1037,
  dirIndexes: 1116,
  baseNames: 1117,
  dirNames: 1118,
  payloadDigest: 5092,
} as const;

/** A file that a package owns and does not bring: RPMFILE_GHOST. */
const GHOST = 1 << 6;

const LEAD_BYTES = 96;
const INTRO_BYTES = 16;

/** The largest of Fedora's kernels have 3 MiB of headers. */
const MAX_HEADER_BYTES = 64 * 1024 ** 2;
const MAX_ENTRIES = 10_000;
const MAX_FILES = 200_000;

/**
 * Reads the headers of an .rpm: the lead, the header with the signatures and the package's own (rpm's manual, package format version 4; version 6 has the
 * same layout). Throws a `PackageFault` that says in a few words what is wrong with it, also where the header is not what its own checksum says.
 */
export async function readRpmHeader(file: string): Promise<RpmHeader> {
  const handle = await open(file);
  try {
    return await parseRpmHeader(async (offset, length) => {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    });
  } finally {
    await handle.close();
  }
}

/** Returns the bytes at a place of a file; fewer where it ends. */
type ReadAt = (offset: number, length: number) => Promise<Buffer>;

/** Like `readRpmHeader`, of a file that `readAt` reads. */
export async function parseRpmHeader(readAt: ReadAt): Promise<RpmHeader> {
  const read: ReadAt = async (offset, length) => {
    const bytes = await readAt(offset, length);
    if (bytes.length < length) throw new PackageFault('it ends within its headers');
    return bytes;
  };
  const lead = await read(0, LEAD_BYTES);
  if (lead.readUInt32BE(0) !== 0xedabeedb) throw new PackageFault('it is not an RPM package');
  const signature = await readSection(read, LEAD_BYTES);
  const main = await readSection(read, LEAD_BYTES + signature.bytes.length + padding(signature.bytes.length));
  const digest = texts(signature, TAG.headerSha256)[0];
  if (digest !== undefined && digest !== sha256(main.bytes))
    throw new PackageFault('its header is damaged: its SHA-256 is another one than the package says');
  return {
    name: texts(main, TAG.name)[0] ?? '',
    version: `${texts(main, TAG.version)[0] ?? ''}-${texts(main, TAG.release)[0] ?? ''}`,
    arch: texts(main, TAG.arch)[0] ?? '',
    isSource: lead.readUInt16BE(6) === 1,
    files: filesOf(main),
    payloadOffset: main.offset + main.bytes.length,
    payloadSha256: texts(main, TAG.payloadDigest)[0] ?? null,
  };
}

/** One header: an index of entries, and the bytes that they point into. */
interface Section {
  readonly offset: number;
  readonly bytes: Buffer;
  readonly entries: ReadonlyMap<
    number,
    { readonly type: number; readonly at: number; readonly count: number }
  >;
  readonly data: Buffer;
}

async function readSection(read: ReadAt, offset: number): Promise<Section> {
  const intro = await read(offset, INTRO_BYTES);
  if (intro.readUInt32BE(0) !== 0x8eade801) throw new PackageFault('its headers are damaged');
  const count = intro.readUInt32BE(8);
  const dataBytes = intro.readUInt32BE(12);
  if (count > MAX_ENTRIES || dataBytes > MAX_HEADER_BYTES)
    throw new PackageFault('its headers are larger than any package has');
  const bytes = await read(offset, INTRO_BYTES + 16 * count + dataBytes);
  const data = bytes.subarray(INTRO_BYTES + 16 * count);
  const entries = new Map(
    Array.from({ length: count }, (_, index) => {
      const at = INTRO_BYTES + 16 * index;
      const [tag = 0, type = 0, place = 0, length = 0] = [0, 4, 8, 12].map(field =>
        bytes.readUInt32BE(at + field),
      );
      return [tag, { type, at: place, count: length }] as const;
    }),
  );
  return { offset, bytes, entries, data };
}

/** The header with the signatures ends at a multiple of 8 bytes. */
function padding(bytes: number): number {
  return (8 - (bytes % 8)) % 8;
}

/** The texts of an entry: types 6 (one), 8 (several) and 9 (one per language). */
function texts({ entries, data }: Section, tag: number): string[] {
  const entry = entries.get(tag);
  if (entry === undefined || ![6, 8, 9].includes(entry.type)) return [];
  if (entry.count > MAX_FILES) throw new PackageFault('its headers are larger than any package has');
  let { at } = entry;
  return Array.from({ length: entry.type === 6 ? 1 : entry.count }, () => {
    const end = data.indexOf(0, at);
    if (at > data.length || end < 0) throw new PackageFault('its headers are damaged');
    const text = data.toString('utf8', at, end);
    at = end + 1;
    return text;
  });
}

/** The numbers of an entry: types 3 (16 bits) and 4 (32 bits). */
function numbers({ entries, data }: Section, tag: number): number[] {
  const entry = entries.get(tag);
  const bytes = entry?.type === 3 ? 2 : 4;
  if (entry === undefined || ![3, 4].includes(entry.type)) return [];
  if (entry.count > MAX_FILES || entry.at + bytes * entry.count > data.length)
    throw new PackageFault('its headers are damaged');
  return Array.from({ length: entry.count }, (_, index) => data.readUIntBE(entry.at + bytes * index, bytes));
}

function filesOf(main: Section): string[] {
  const folders = texts(main, TAG.dirNames);
  const places = numbers(main, TAG.dirIndexes);
  const modes = numbers(main, TAG.fileModes);
  const flags = numbers(main, TAG.fileFlags);
  return texts(main, TAG.baseNames).flatMap((name, index) => {
    const isThere = (modes[index] ?? 0) >> 12 === 0o10 && ((flags[index] ?? 0) & GHOST) === 0;
    return isThere ? [`${folders[places[index] ?? -1] ?? ''}${name}`] : [];
  });
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
