import type { ArchName } from '../model/kernel.ts';

/** One kernel package of a suite's index, with the fields that bpfrig uses. */
export interface IndexedPackage {
  readonly name: string;
  readonly version: string;
  /** Lower-case hex. */
  readonly sha256: string;
  /** Size of the .deb in bytes. */
  readonly size: number;
  /** Kernel packages that it depends on. Alternatives are kept together, preferred one first. */
  readonly needs: readonly (readonly string[])[];
}

/** The names of kernel packages; those of arm64 with other pages than 4 KiB have the size behind the architecture. */
function kernelPackage(arch: ArchName): RegExp {
  return new RegExp(
    `^linux-(?:image|binary|binary-unsigned|modules|base)-\\d+\\.\\d+\\.\\d+.*-${arch}(?:-\\d+k)?(?:-unsigned)?$`,
  );
}

/**
 * Returns the kernel packages of a Debian `Packages` file (deb822 stanzas), without metapackages, debug symbols and other
 * architectures. Metapackages (linux-image-amd64, linux-image-6.12-amd64) do not have a three-part version in their name.
 */
export function parsePackages(text: string, arch: ArchName = 'amd64'): IndexedPackage[] {
  const kernels = kernelPackage(arch);
  const packages: IndexedPackage[] = [];
  // An index has tens of megabytes but only some dozens of kernels: parse only stanzas that begin like one.
  let at = text.startsWith('Package: linux-') ? 0 : nextStanza(text, 0);
  while (at >= 0) {
    const end = text.indexOf('\n\n', at);
    const found = parseStanza(text.slice(at, end < 0 ? undefined : end), kernels);
    if (found !== null) packages.push(found);
    at = end < 0 ? -1 : nextStanza(text, end);
  }
  return packages;
}

function nextStanza(text: string, from: number): number {
  const at = text.indexOf('\n\nPackage: linux-', from);
  return at < 0 ? -1 : at + 2;
}

function parseStanza(stanza: string, kernels: RegExp): IndexedPackage | null {
  const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1]?.trim() ?? '';
  const name = field('Package');
  const sha256 = field('SHA256');
  if (!kernels.test(name) || sha256 === '') return null;
  const needs = field('Depends')
    .split(',')
    .map(group => group.split('|').map(alternative => alternative.trim().split(/[\s(:]/)[0] ?? ''))
    .filter(group => group.some(alternative => kernels.test(alternative)));
  return { name, version: field('Version'), sha256, size: Number(field('Size')), needs };
}
