import type { Architecture, CpuState } from './architecture.ts';

/** Bit of PSTATE that masks interrupts. */
const MASKED = 0x80n;

function cpuState(registers: string): CpuState {
  const pc = /\bPC=([0-9a-f]+)/i.exec(registers)?.[1] ?? null;
  const pstate = /PSTATE=([0-9a-f]+)/i.exec(registers)?.[1] ?? null;
  return {
    text: `PC ${pc ?? '?'} PSTATE ${pstate ?? '?'}`,
    // QEMU does not say whether a CPU waits in WFI.
    sleeps: null,
    interrupts: pstate === null ? null : (BigInt(`0x${pstate}`) & MASKED) === 0n,
  };
}

/** 64-bit Arm, on QEMU's virt. */
export const arm64: Architecture = {
  name: 'arm64',
  text: 'arm64',
  nodeName: 'arm64',
  byteOrder: 'little',
  elfMachine: 183,
  machine: {
    qemu: { program: 'qemu-system-aarch64', package: 'qemu-system-arm' },
    board: 'virt,gic-version=3',
    // The architected algorithm of pointer authentication costs an emulated kernel more than a third of its time.
    tcgCpu: 'max,pauth-impdef=on',
    tcgWords: [],
    bus: 'pci',
    console: {
      args: ['-serial', 'chardev:console'],
      device: 'ttyAMA0',
      option: 'CONFIG_SERIAL_AMBA_PL011_CONSOLE',
      early: 'earlycon',
    },
    panicArgs: ['-device', 'pvpanic-pci'],
    interrupts: 'fixed',
    clones: true,
    nmiWords: [],
    cpuState,
    drivers: { required: { virtio_pci: 'CONFIG_VIRTIO_PCI' }, optional: ['pvpanic_pci'] },
  },
  debugger: { pc: 32, sp: 31, returnAddress: 30, returnPops: 0, breakpointBytes: 4 },
  kernel: { makeArch: 'arm64', target: 'Image', image: 'arch/arm64/boot/Image' },
  toolchain: {
    tuple: 'aarch64-linux-gnu',
    package: 'gcc-aarch64-linux-gnu',
    suite: 'bookworm',
    bpf: { target: 'bpfel', defines: ['-D__TARGET_ARCH_arm64', '-D__aarch64__'] },
  },
  lacks: {
    numa: "QEMU's virt machine has NUMA nodes only with a memory backend for each, and a template has one",
  },
};
