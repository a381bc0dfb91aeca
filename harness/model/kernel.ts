/** Architectures of guests, by Debian's names for them; what each is made of is in harness/arch/. */
export const ARCH_NAMES = ['amd64', 'arm64', 's390x', 'riscv64'] as const;

/** The name of an architecture. */
export type ArchName = (typeof ARCH_NAMES)[number];

/** Debian's builds of a series that bpfrig knows. The stock one has the name of the architecture. */
export const FLAVOURS = [...ARCH_NAMES, 'cloud', 'rt', '16k'] as const;

/** The name of a flavour. */
export type Flavour = (typeof FLAVOURS)[number];

/** Whether a flavour is the stock one of its architecture. */
export function isStock(flavour: Flavour): boolean {
  return (ARCH_NAMES as readonly Flavour[]).includes(flavour);
}

/** A kernel as a user names it; see `../kernel/spec.ts` for the grammar. */
export type KernelSpec =
  | {
      readonly kind: 'debian';
      readonly text: string;
      readonly suite: string | null;
      readonly series: string;
      readonly flavour: Flavour;
      readonly arch: ArchName;
    }
  | { readonly kind: 'path'; readonly text: string; readonly path: string }
  | {
      readonly kind: 'tree';
      readonly text: string;
      readonly dir: string;
      /** Null: the tree as it is configured, built in place. */
      readonly variant: TreeVariant | null;
    }
  | {
      readonly kind: 'deb' | 'rpm';
      readonly text: string;
      /** Absolute paths of the packages of one kernel; of a folder or a pattern as long as `release` is null. */
      readonly files: readonly string[];
      /** `uname -r` of the kernel; null until its packages have been listed, see `../kernel/packages/resolve.ts`. */
      readonly release: string | null;
    };

/** How a kernel that is built out of its tree differs from the tree's configuration. */
export interface TreeVariant {
  /** Fragments of configuration, the last one on top: names of images/kconfig/, and absolute paths of the user's own. */
  readonly fragments: readonly string[];
  /** Sources, relative to the tree, whose executions the kernel counts (gcov). */
  readonly measured: readonly string[];
}

/** A source file that a kernel counts the executions of: built with gcov. */
export interface MeasuredSource {
  /** In the tree: `kernel/bpf/cpumap.c`. */
  readonly source: string;
  /** Its text, absolute. */
  readonly path: string;
  /** The compiler's notes about it, a .gcno; absolute. */
  readonly notes: string;
  /** Where the guest has its counters: below /sys/kernel/debug/gcov. */
  readonly counters: string;
}

/** One Debian package that a kernel was taken from. */
export interface KernelPackage {
  readonly name: string;
  /** Debian version, for example `6.12.117-1`. */
  readonly version: string;
  /** Checksum of the .deb, as lower-case hex. */
  readonly sha256: string;
}

/** How many times the time and the memory of a distribution's kernel the guests of another one need. */
export interface KernelCost {
  readonly time: number;
  readonly memory: number;
}

/** A kernel that is on this machine, unpacked and ready to boot. Every path is absolute. */
export interface Kernel {
  /** Label of the matrix column, unique in a run: `6.12`, `7.2-cloud`, `6.12/arm64`, `path:vmlinux`, `deb:6.12.117+deb13-amd64`. */
  readonly id: string;
  /** What the user asked for. */
  readonly spec: string;
  /** `6.12`; taken from the upstream version for kernels given by path. */
  readonly series: string;
  readonly flavour: Flavour;
  readonly arch: ArchName;
  /** Upstream version, `6.12.117`: what kernel ranges are matched against. Not `uname -r`. */
  readonly version: string;
  /** `uname -r`, for example `6.12.74+deb13-amd64`: the name of the modules folder. */
  readonly release: string;
  /** What QEMU's -kernel is given: the uncompressed ELF where it could be unpacked. */
  readonly image: string;
  /** The file that the user named, where `image` was unpacked from it. */
  readonly given?: string;
  /** Folder that holds `modules.dep`, or null for a kernel with everything built in. */
  readonly modulesDir: string | null;
  readonly packages: readonly KernelPackage[];
  /** What a reader of the report must know: a fallback that was taken, a pin that has left the mirror. */
  readonly notes: readonly string[];
  /** Sources whose executed lines and branches are counted; absent: none. */
  readonly measured?: readonly MeasuredSource[];
  /** What guests of it need, next to those of a distribution's kernel; absent: the same. */
  readonly cost?: KernelCost;
  /** Hash over everything that makes this kernel what it is; the cache's key for what is built from it. */
  readonly key: string;
}
