import type { ArchName } from '../model/kernel.ts';
import type { ByteOrder } from './byte-order.ts';

/** Everything that differs between architectures of guests. One file of this folder describes one of them. */
export interface Architecture {
  readonly name: ArchName;
  /** The name in messages, `x86-64`. */
  readonly text: string;
  /** Its name in Node's `process.arch`: a guest of the host's own architecture may be run by KVM. */
  readonly nodeName: string;
  readonly byteOrder: ByteOrder;
  /** `e_machine` of its programs and kernels: elf(5). */
  readonly elfMachine: number;
  readonly machine: Machine;
  readonly debugger: DebuggerView;
  readonly kernel: KernelBuild;
  readonly toolchain: Toolchain;
  /** Why QEMU's guest of this architecture cannot have something that a scenario asks for; absent: it can. */
  readonly lacks: { readonly numa?: string };
}

/** The virtual machine: QEMU's words for it, and the kernel's for what QEMU makes. */
export interface Machine {
  readonly qemu: { readonly program: string; readonly package: string };
  /** Value of `-machine`, apart from the memory. */
  readonly board: string;
  /** Model of an emulated CPU. */
  readonly tcgCpu: string;
  /** Words for the kernel of an emulated machine. */
  readonly tcgWords: readonly string[];
  /** What virtio devices are plugged into; the end of their names. */
  readonly bus: 'pci' | 'ccw';
  /**
   * What writes the kernel's console into the character device `console`, the kernel's name of it, the option of its driver, and the kernel's word
   * for the same port before there are drivers: a kernel that panics early would else be silent.
   */
  readonly console: {
    readonly args: readonly string[];
    readonly device: string;
    readonly option: string;
    readonly early: string;
  };
  /** The device by which a kernel reports its panic; none where the architecture has its own way. */
  readonly panicArgs: readonly string[];
  /** Whether a device's interrupts go to the CPU that `irqaffinity` names, or to whichever CPU takes them first. */
  readonly interrupts: 'fixed' | 'floating';
  /** Whether a machine that QEMU saved goes on when it is loaded: else guests are not cloned, and every cell boots. */
  readonly clones: boolean;
  /** What makes a kernel panic when QEMU's `inject-nmi` reaches it. */
  readonly nmiWords: readonly string[];
  /** Reads one CPU's part of QEMU's `info registers -a`. */
  readonly cpuState: (registers: string) => CpuState;
  /** Drivers for these devices: those that every guest needs, by the names of their modules with their options, and those that it can do without. */
  readonly drivers: {
    readonly required: Readonly<Record<string, string>>;
    readonly optional: readonly string[];
  };
}

/** Where a CPU stands. */
export interface CpuState {
  /** Address of the next instruction, and the flags, in hex with the names that the architecture has for them: `RIP ffff… RFLAGS 246`. */
  readonly text: string;
  /** Whether it sleeps until an interrupt; null where QEMU does not say. */
  readonly sleeps: boolean | null;
  /** Whether it takes interrupts; null where the text is not understood. */
  readonly interrupts: boolean | null;
}

/**
 * What QEMU's gdb stub shows of a CPU, by the stub's numbers of 64-bit registers (gdb-xml/ of QEMU's source), and where a call leaves the
 * address to which it returns.
 */
export interface DebuggerView {
  readonly pc: number;
  readonly sp: number;
  /** Where a function that begins finds its return address: in a register, or at the top of the stack. */
  readonly returnAddress: number | 'on-stack';
  /** Bytes that the return takes from the stack. */
  readonly returnPops: number;
  /** Length of a breakpoint, as the stub wants it. */
  readonly breakpointBytes: number;
}

/** A kernel as its build leaves it. */
export interface KernelBuild {
  /** `ARCH` of the kernel's Makefile. */
  readonly makeArch: string;
  /** The target that makes an image, and where the image is then. */
  readonly target: string;
  readonly image: string;
}

/** What makes programs for the guest. */
export interface Toolchain {
  /** Debian's multiarch tuple, also the beginning of a cross compiler's name. */
  readonly tuple: string;
  /** Debian's package of the compiler. images/install-packages.sh installs it, and QEMU's. */
  readonly package: string;
  /** Debian's suite whose packages are unpacked for programs and libraries of the guest. */
  readonly suite: string;
  /** The oldest GNU ld that links that suite's libraries, and the linker for hosts that have an older one; absent: any does. */
  readonly linker?: { readonly gnuSince: string; readonly llvmSince: number; readonly package: string };
  /** clang's target of BPF objects, and what libbpf's and libc's headers need to know. */
  readonly bpf: { readonly target: string; readonly defines: readonly string[] };
}
