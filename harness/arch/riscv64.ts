import type { Architecture, CpuState } from './architecture.ts';

/** Bit of sstatus and of mstatus that lets interrupts of the supervisor in. */
const SIE = 0x2n;

function cpuState(registers: string): CpuState {
  const pc = /^ pc\s+([0-9a-f]+)/m.exec(registers)?.[1] ?? null;
  const status = /^ mstatus\s+([0-9a-f]+)/m.exec(registers)?.[1] ?? null;
  return {
    text: `PC ${pc ?? '?'} mstatus ${status ?? '?'}`,
    sleeps: null,
    interrupts: status === null ? null : (BigInt(`0x${status}`) & SIE) !== 0n,
  };
}

/** 64-bit RISC-V, on QEMU's virt, with OpenSBI as its firmware. */
export const riscv64: Architecture = {
  name: 'riscv64',
  text: 'riscv64',
  nodeName: 'riscv64',
  byteOrder: 'little',
  elfMachine: 243,
  machine: {
    qemu: { program: 'qemu-system-riscv64', package: 'qemu-system-riscv' },
    board: 'virt',
    tcgCpu: 'max',
    tcgWords: [],
    bus: 'pci',
    console: {
      args: ['-serial', 'chardev:console'],
      device: 'ttyS0',
      option: 'CONFIG_SERIAL_8250_CONSOLE',
      early: 'earlycon',
    },
    panicArgs: ['-device', 'pvpanic-pci'],
    interrupts: 'fixed',
    // Clones hang with QEMU 10.0.2: docs/kernels.md.
    clones: false,
    nmiWords: [],
    cpuState,
    drivers: { required: { virtio_pci: 'CONFIG_VIRTIO_PCI' }, optional: ['pvpanic_pci'] },
  },
  debugger: { pc: 32, sp: 2, returnAddress: 1, returnPops: 0, breakpointBytes: 4 },
  kernel: { makeArch: 'riscv', target: 'Image', image: 'arch/riscv/boot/Image' },
  toolchain: {
    tuple: 'riscv64-linux-gnu',
    package: 'gcc-riscv64-linux-gnu',
    suite: 'trixie',
    // Its libc has R_RISCV_SET_ULEB128, on which GNU ld 2.40 of Debian 12 ends by a SIGSEGV.
    linker: { gnuSince: '2.41.0', llvmSince: 18, package: 'lld-19' },
    bpf: { target: 'bpfel', defines: ['-D__TARGET_ARCH_riscv', '-D__riscv', '-D__riscv_xlen=64'] },
  },
  lacks: {
    numa: "QEMU's virt machine has NUMA nodes only with a memory backend for each, and a template has one",
  },
};
