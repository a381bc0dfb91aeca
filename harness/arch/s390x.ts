import type { Architecture, CpuState } from './architecture.ts';

/** Bits of a PSW's mask: external interrupts, and the wait state (z/Architecture Principles of Operation, 4). */
const EXTERNAL = 1n << 56n;
const WAIT = 1n << 49n;

function cpuState(registers: string): CpuState {
  const [, mask = null, address = null] = /PSW=mask ([0-9a-f]+) addr ([0-9a-f]+)/i.exec(registers) ?? [];
  const bits = mask === null ? null : BigInt(`0x${mask}`);
  return {
    text: `PSW ${mask ?? '?'} ${address ?? '?'}`,
    sleeps: bits === null ? null : (bits & WAIT) !== 0n,
    interrupts: bits === null ? null : (bits & EXTERNAL) !== 0n,
  };
}

/** IBM Z, the big-endian one, on QEMU's s390-ccw-virtio. */
export const s390x: Architecture = {
  name: 's390x',
  text: 's390x',
  nodeName: 's390x',
  byteOrder: 'big',
  elfMachine: 22,
  machine: {
    qemu: { program: 'qemu-system-s390x', package: 'qemu-system-s390x' },
    board: 's390-ccw-virtio',
    tcgCpu: 'max',
    tcgWords: [],
    bus: 'ccw',
    console: {
      args: ['-device', 'sclpconsole,chardev=console'],
      device: 'ttysclp0',
      option: 'CONFIG_SCLP_VT220_CONSOLE',
      early: 'earlyprintk',
    },
    // A kernel that panics enters a disabled wait, which QEMU reports by itself.
    panicArgs: [],
    // z/Architecture Principles of Operation, 6: an I/O interruption is pending for all CPUs.
    interrupts: 'floating',
    clones: true,
    nmiWords: [],
    cpuState,
    // Debian's kernels have the channel subsystem and virtio on it built in.
    drivers: { required: {}, optional: [] },
  },
  debugger: { pc: 1, sp: 17, returnAddress: 16, returnPops: 0, breakpointBytes: 2 },
  kernel: { makeArch: 's390', target: 'bzImage', image: 'arch/s390/boot/bzImage' },
  toolchain: {
    tuple: 's390x-linux-gnu',
    package: 'gcc-s390x-linux-gnu',
    suite: 'bookworm',
    bpf: { target: 'bpfeb', defines: ['-D__TARGET_ARCH_s390', '-D__s390x__'] },
  },
  lacks: { numa: 's390x has no NUMA nodes' },
};
