/** Where packages of kernels have the parts that bpfrig uses; `usr/` in front of `lib/` is gone, see `memberPath`. */
const WANTED = /^(?:boot\/(?:vmlinu[xz]|[Ii]mage|config)-|lib\/modules\/)/;

/** A release is a name of a folder and an argument of depmod. */
const RELEASE = String.raw`\d+\.\d+[\w.+~-]*`;

const BOOT = new RegExp(`^boot/(vmlinu[xz]|[Ii]mage|config)-(${RELEASE})$`);
const MODULES = new RegExp(`^lib/modules/(${RELEASE})/(.+)$`);

/** Names of an image in lib/modules/RELEASE: vmlinuz of Debian, Fedora and SUSE, Image and image of SUSE on arm64 and s390x. In the order in which they are tried. */
const IMAGE_NAMES = ['vmlinuz', 'Image', 'image', 'bzImage', 'vmlinux'] as const;

/** Other files of boot/ with the same beginning: SUSE's compressed vmlinux, checksums, signatures. */
const NO_IMAGE = /\.(?:gz|xz|zst|bz2|hmac|sig|sha\w+)$/;

/** Where an image of a release may be, the best one first. */
export function imagePlaces(release: string): string[] {
  return [
    ...['vmlinuz', 'Image', 'image', 'vmlinux'].map(name => `boot/${name}-${release}`),
    ...IMAGE_NAMES.map(name => `lib/modules/${release}/${name}`),
  ];
}

/** The path of a member within its package: without `./` or `/usr` in front, so that a kernel that is split over both places is one. */
export function memberPath(name: string): string {
  return name
    .replace(/^(?:\.\/)+/, '')
    .replace(/\/+$/, '')
    .replace(/^usr\/(?=lib\/)/, '');
}

/** Whether a member of a package is unpacked. */
export function isWanted(path: string): boolean {
  return WANTED.test(path);
}

/** Of which release a file is a part, and whether it is the image; null for any other file. `path` is a `memberPath`. */
export function kernelPart(path: string): { readonly release: string; readonly isImage: boolean } | null {
  const [, kind, release] = BOOT.exec(path) ?? [];
  if (release !== undefined) return NO_IMAGE.test(release) ? null : { release, isImage: kind !== 'config' };
  const [, folder, file = ''] = MODULES.exec(path) ?? [];
  if (folder === undefined) return null;
  return { release: folder, isImage: (IMAGE_NAMES as readonly string[]).includes(file) };
}
