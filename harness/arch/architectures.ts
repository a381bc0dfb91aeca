import { ARCH_NAMES, type ArchName } from '../model/kernel.ts';
import { amd64 } from './amd64.ts';
import type { Architecture } from './architecture.ts';
import { arm64 } from './arm64.ts';
import { riscv64 } from './riscv64.ts';
import { s390x } from './s390x.ts';

const TABLE: Readonly<Record<ArchName, Architecture>> = { amd64, arm64, s390x, riscv64 };

/** The architectures of guests, in the order of their names in the model. */
export const ARCHITECTURES: readonly Architecture[] = ARCH_NAMES.map(name => TABLE[name]);

/** What is known of an architecture. */
export function architecture(name: ArchName): Architecture {
  return TABLE[name];
}

/** The architecture of this host; null for one that bpfrig's guests do not have. */
export function hostArchitecture(nodeName: string = process.arch): Architecture | null {
  return ARCHITECTURES.find(one => one.nodeName === nodeName) ?? null;
}

/** The architecture of an ELF file by its header; null for another. */
export function architectureOfElf(
  machine: number,
  byteOrder: Architecture['byteOrder'],
): Architecture | null {
  return ARCHITECTURES.find(one => one.elfMachine === machine && one.byteOrder === byteOrder) ?? null;
}
