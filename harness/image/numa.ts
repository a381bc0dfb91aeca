import { architecture } from '../arch/architectures.ts';
import type { Kernel } from '../model/kernel.ts';
import { BpfrigError } from '../util/errors.ts';
import type { CpioEntry } from './cpio.ts';

/** Where the kernel looks for ACPI tables in its initramfs: Documentation/admin-guide/acpi/initrd_table_override.rst. */
const TABLE = '/kernel/firmware/acpi/srat.aml';

/** QEMU's q35 has RAM below 4 GiB up to here, and the rest from 4 GiB on, once a guest has more than `ALL_LOW`: hw/i386/pc_q35.c. */
const LOW_MIB = 2048;
const ALL_LOW_MIB = 2816;
const HIGH_MIB = 4096;

/** A range of memory, in MiB. */
interface Range {
  readonly from: number;
  readonly size: number;
}

/**
 * The table that tells a kernel of its NUMA nodes (SRAT, ACPI 6.5, 5.2.16): CPUs and memory in equal parts. In the initramfs, because QEMU's own
 * nodes need a memory backend each, and a template has one file for its RAM. Throws a `scenario` error for an architecture that reads no such table.
 */
export function numaEntry(
  { id, arch }: Pick<Kernel, 'id' | 'arch'>,
  nodes: number,
  size: { readonly cpus: number; readonly memoryMiB: number },
): CpioEntry {
  const lack = architecture(arch).lacks.numa;
  if (lack !== undefined) throw new BpfrigError('scenario', `\`guest: { numa }\`: kernel ${id}: ${lack}`);
  return { path: TABLE, kind: 'file', mode: 0o644, data: srat(nodes, size) };
}

/** The table for a guest with one socket per node, and as many CPUs in each: `-smp N,sockets=NODES`. */
export function srat(
  nodes: number,
  { cpus, memoryMiB }: { readonly cpus: number; readonly memoryMiB: number },
): Buffer {
  const cores = cpus / nodes;
  const processors = Array.from({ length: cpus }, (_, cpu) => {
    const socket = Math.floor(cpu / cores);
    return processor(apicId(socket, cpu % cores, cores), socket);
  });
  const memories = Array.from({ length: nodes }, (_, index) => {
    const from = Math.floor((index * memoryMiB) / nodes);
    const end = Math.floor(((index + 1) * memoryMiB) / nodes);
    return ranges(memoryMiB, from, end).map(range => memory(range, index));
  });
  return table(Buffer.concat([...processors, ...memories.flat()]));
}

/** The physical addresses of a part of the RAM, which may lie on both sides of the hole below 4 GiB. */
function ranges(memoryMiB: number, from: number, end: number): Range[] {
  const low = memoryMiB < ALL_LOW_MIB ? memoryMiB : LOW_MIB;
  const parts = [
    { from, size: Math.min(end, low) - from },
    { from: Math.max(from, low) - low + HIGH_MIB, size: end - Math.max(from, low) },
  ];
  return parts.filter(({ size }) => size > 0);
}

/** The local APIC id that QEMU gives a core: the number of its socket above as many bits as the cores need (include/hw/i386/topology.h). */
function apicId(socket: number, core: number, cores: number): number {
  return (socket << Math.ceil(Math.log2(cores))) | core;
}

/** Processor Local APIC affinity, enabled. */
function processor(apic: number, node: number): Buffer {
  const entry = Buffer.alloc(16);
  entry.set([0, 16, node, apic]);
  entry.writeUInt32LE(1, 4);
  return entry;
}

/** Memory affinity, enabled. */
function memory({ from, size }: Range, node: number): Buffer {
  const MiB = 1024n ** 2n;
  const entry = Buffer.alloc(40);
  entry.set([1, 40]);
  entry.writeUInt32LE(node, 2);
  entry.writeBigUInt64LE(BigInt(from) * MiB, 8);
  entry.writeBigUInt64LE(BigInt(size) * MiB, 16);
  entry.writeUInt32LE(1, 28);
  return entry;
}

/** The header of an ACPI table: all its bytes add up to 0. */
function table(content: Buffer): Buffer {
  const header = Buffer.alloc(48);
  header.write('SRAT', 0, 'latin1');
  header.writeUInt32LE(header.length + content.length, 4);
  header.writeUInt8(1, 8);
  header.write('BPFRIGNUMA    ', 10, 'latin1');
  header.writeUInt32LE(1, 24);
  header.write('BPFR', 28, 'latin1');
  header.writeUInt32LE(1, 32);
  header.writeUInt32LE(1, 36);
  const whole = Buffer.concat([header, content]);
  const sum = whole.reduce((total, byte) => (total + byte) & 0xff, 0);
  whole.writeUInt8((256 - sum) & 0xff, 9);
  return whole;
}
