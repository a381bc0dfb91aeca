import type { ByteOrder } from '../arch/byte-order.ts';
import type { ArrivalLog } from '../guest/readings.ts';
import type { Arrivals, StackRow } from '../model/observations.ts';
import { ByteReader } from '../object/elf.ts';

/** `struct bpfrig_arrival` of bpf/bpfrig.h: number, source port, length. */
const ARRIVAL_BYTES = 8;
const PORT_AT = 4;

/** Longest list of numbers that is kept. */
const LISTED = 512;

interface Arrival {
  readonly cpu: number;
  readonly seq: number;
  readonly port: number;
}

/**
 * Sums up the logs of all CPUs. `before` says what the logs held when the traffic began: that much of each is left out.
 */
export function summariseArrivals(
  logs: readonly ArrivalLog[],
  before: readonly Pick<StackRow, 'cpu' | 'skbs'>[],
  order: ByteOrder,
): Arrivals {
  const arrivals = logs.flatMap(({ cpu, log }) =>
    decode(cpu, log, order).slice(before.find(row => row.cpu === cpu)?.skbs ?? 0),
  );
  const numbers = arrivals.map(({ seq }) => seq);
  const mod8 = Array.from({ length: 8 }, () => 0);
  for (const seq of numbers) mod8[seq % 8] = (mod8[seq % 8] ?? 0) + 1;
  return {
    count: arrivals.length,
    distinct: new Set(arrivals.map(({ seq, port }) => `${port} ${seq}`)).size,
    min: numbers.reduce((least, seq) => Math.min(least, seq), numbers[0] ?? 0),
    max: numbers.reduce((most, seq) => Math.max(most, seq), 0),
    inversions: inversions(arrivals),
    mod8,
    list: numbers.slice(0, LISTED),
    lost: logs.reduce((lost, log) => lost + log.lost, 0),
  };
}

/** Arrivals that have a smaller number than one before them of the same flow on the same CPU. */
function inversions(arrivals: readonly Arrival[]): number {
  const highest = new Map<string, number>();
  let count = 0;
  for (const { cpu, seq, port } of arrivals) {
    const flow = `${cpu} ${port}`;
    const seen = highest.get(flow) ?? -1;
    if (seq < seen) count += 1;
    else highest.set(flow, seq);
  }
  return count;
}

function decode(cpu: number, log: string, order: ByteOrder): Arrival[] {
  const bytes = Buffer.from(log, 'hex');
  const read = new ByteReader(bytes, order === 'little');
  return Array.from({ length: bytes.length / ARRIVAL_BYTES }, (_, index) => {
    const at = index * ARRIVAL_BYTES;
    return { cpu, seq: read.u32(at), port: read.u16(at + PORT_AT) };
  });
}
