/** One entry of an initramfs. */
export interface CpioEntry {
  /** Absolute path in the guest. */
  readonly path: string;
  readonly kind: 'file' | 'dir' | 'link' | 'char';
  /** Permission bits. */
  readonly mode: number;
  /** File content, or the target of a link. */
  readonly data?: Buffer;
  /** Major and minor number of a character device. */
  readonly device?: readonly [number, number];
}

const TYPE = { file: 0o100000, dir: 0o040000, link: 0o120000, char: 0o020000 } as const;

/**
 * Returns a cpio archive in the "newc" format that the kernel unpacks (Documentation/driver-api/early-userspace/buffer-format.rst).
 * cpio(1) is not used, because it cannot create device nodes without root. Archives can be concatenated.
 */
export function cpio(entries: readonly CpioEntry[]): Buffer {
  const parts = withParents(entries).flatMap((entry, index) => encode(entry, index + 1));
  parts.push(...encode({ path: '/TRAILER!!!', kind: 'file', mode: 0 }, 0));
  return pad(Buffer.concat(parts), 512);
}

function encode(entry: CpioEntry, inode: number): Buffer[] {
  const name = Buffer.from(`${entry.path.replace(/^\//, '')}\0`);
  const data = entry.data ?? Buffer.alloc(0);
  const [major, minor] = entry.device ?? [0, 0];
  const isTrailer = entry.path === '/TRAILER!!!';
  const fields = [
    inode,
    isTrailer ? 0 : TYPE[entry.kind] | entry.mode,
    0, // uid
    0, // gid
    1, // links
    0, // mtime: always 0, so that the same content results in the same archive
    data.length,
    0,
    0,
    major,
    minor,
    name.length,
    0, // checksum, unused in newc
  ];
  const header = `070701${fields.map(field => field.toString(16).padStart(8, '0')).join('')}`;
  return [pad(Buffer.concat([Buffer.from(header), name]), 4), pad(data, 4)];
}

function withParents(entries: readonly CpioEntry[]): CpioEntry[] {
  const seen = new Set(entries.filter(entry => entry.kind === 'dir').map(entry => entry.path));
  const all: CpioEntry[] = [];
  for (const entry of entries) {
    const parts = entry.path.split('/').slice(1, -1);
    for (let depth = 1; depth <= parts.length; depth += 1) {
      const path = `/${parts.slice(0, depth).join('/')}`;
      if (seen.has(path)) continue;
      seen.add(path);
      all.push({ path, kind: 'dir', mode: 0o755 });
    }
    all.push(entry);
  }
  return all;
}

function pad(buffer: Buffer, to: number): Buffer {
  const rest = buffer.length % to;
  return rest === 0 ? buffer : Buffer.concat([buffer, Buffer.alloc(to - rest)]);
}
