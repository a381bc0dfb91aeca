/** Files that people take for a kernel, by what their content begins with, and what to do with them. */
const KINDS: readonly { readonly at: number; readonly magic: string; readonly text: string }[] = [
  {
    at: 0,
    magic: '!<arch>\ndebian-binary',
    text: 'is a Debian package: name it deb:FILE',
  },
  {
    at: 0,
    magic: '\xed\xab\xee\xdb',
    text: 'is an RPM package: name it rpm:FILE',
  },
  { at: 257, magic: 'ustar', text: 'is a tar archive: unpack it and name the folder, path:DIR' },
  {
    at: 0,
    magic: '\x1f\x8b',
    text: 'is compressed by gzip, and what is in it is no Image of arm64 or riscv64: unpack it',
  },
  { at: 0, magic: '\xfd7zXZ', text: 'is compressed by xz: unpack it (unxz), and name what is in it' },
];

/** What a file is that is neither a bzImage nor an ELF, and what to do. */
export function foreignFile(content: Buffer): string {
  const kind = KINDS.find(({ at, magic }) => content.toString('latin1', at, at + magic.length) === magic);
  return kind?.text ?? 'is neither a bzImage, an Image nor an ELF; use a vmlinuz, bzImage, Image or vmlinux';
}
