import type { Architecture, CpuState } from './architecture.ts';

/** Bit of RFLAGS that lets interrupts in. */
const INTERRUPT_FLAG = 0x200n;

function cpuState(registers: string): CpuState {
  const [rip, flags, halted] = [/RIP=(\w+)/, /RFL=([0-9a-f]+)/i, /HLT=(\d)/].map(
    field => field.exec(registers)?.[1] ?? null,
  );
  return {
    text: `RIP ${rip ?? '?'} RFLAGS ${flags ?? '?'}`,
    sleeps: halted == null ? null : halted === '1',
    interrupts: flags == null ? null : (BigInt(`0x${flags}`) & INTERRUPT_FLAG) !== 0n,
  };
}

/** x86-64, on QEMU's q35. */
export const amd64: Architecture = {
  name: 'amd64',
  text: 'x86-64',
  nodeName: 'x64',
  byteOrder: 'little',
  elfMachine: 62,
  machine: {
    qemu: { program: 'qemu-system-x86_64', package: 'qemu-system-x86' },
    // No disk, no sensors and no VMware port: a device that no guest needs is only something to attack.
    board: 'q35,sata=off,smbus=off,vmport=off',
    tcgCpu: 'max',
    // An emulated machine has one clock for all its CPUs: the watchdog of the TSC can find nothing. Where a CPU answers it late, which any busy
    // host can cause, it may take the TSC away, and a boot of Debian's 7.3.4 was seen to hang in it (kernel/time/clocksource.c,
    // watchdog_check_skew()): docs/kernels.md.
    // At boot the kernel counts timer interrupts for a moment by the TSC, and panics where there are too few, as on a host that is busy just then
    // (arch/x86/kernel/apic/io_apic.c, timer_irq_works()). Guests of KVM and Hyper-V leave that out by themselves.
    tcgWords: ['tsc=nowatchdog', 'no_timer_check'],
    bus: 'pci',
    console: {
      args: ['-serial', 'chardev:console'],
      device: 'ttyS0',
      option: 'CONFIG_SERIAL_8250_CONSOLE',
      early: 'earlycon=uart8250,io,0x3f8',
    },
    panicArgs: ['-device', 'pvpanic'],
    interrupts: 'fixed',
    clones: true,
    nmiWords: ['unknown_nmi_panic'],
    cpuState,
    // pvpanic before 5.13, pvpanic_mmio since.
    drivers: { required: { virtio_pci: 'CONFIG_VIRTIO_PCI' }, optional: ['pvpanic', 'pvpanic_mmio'] },
  },
  debugger: { pc: 16, sp: 7, returnAddress: 'on-stack', returnPops: 8, breakpointBytes: 1 },
  kernel: { makeArch: 'x86', target: 'bzImage', image: 'arch/x86/boot/bzImage' },
  toolchain: {
    tuple: 'x86_64-linux-gnu',
    package: 'gcc',
    suite: 'bookworm',
    bpf: { target: 'bpf', defines: ['-D__TARGET_ARCH_x86', '-D__x86_64__'] },
  },
  lacks: {},
};
