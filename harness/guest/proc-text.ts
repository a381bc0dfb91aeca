import type { SoftnetRow } from '../model/observations.ts';

// Texts of /proc that the agent hands on as they are.

/** Columns of /proc/net/softnet_stat that are read, counted from 0: softnet_seq_show in net/core/net-procfs.c. */
const SOFTNET = { processed: 0, dropped: 1, time_squeeze: 2, cpu: 12 } as const;

/**
 * Rows of /proc/net/softnet_stat, one per online CPU, all in hex. 5.10 has no column for the CPU's number, and no
 * gaps between CPUs.
 */
export function parseSoftnet(text: string): SoftnetRow[] {
  return linesOf(text).map((line, index) => {
    const columns = line
      .trim()
      .split(/\s+/)
      .map(word => Number.parseInt(word, 16));
    const column = (name: keyof typeof SOFTNET): number => columns[SOFTNET[name]] ?? 0;
    return {
      cpu: columns[SOFTNET.cpu] ?? index,
      processed: column('processed'),
      dropped: column('dropped'),
      time_squeeze: column('time_squeeze'),
    };
  });
}

/** Counters of /proc/net/snmp as `UdpNoPorts`: a line of names and a line of numbers for each protocol. */
export function parseSnmp(text: string): Record<string, number> {
  const lines = linesOf(text).map(line => line.split(/[:\s]+/));
  const pairs = lines.flatMap(([protocol = '', ...names], index) => {
    if (index % 2 === 1) return [];
    const numbers = lines[index + 1]?.slice(1) ?? [];
    return names.flatMap((name, column) => {
      const number = numbers[column];
      return number === undefined ? [] : [[`${protocol}${name}`, Number(number)] as const];
    });
  });
  return Object.fromEntries(pairs);
}

/** Columns of /proc/net/dev behind the name of the device: dev_seq_printf_stats in net/core/net-procfs.c. Others are sums of several counters. */
const NET_DEV = {
  rx_bytes: 0,
  rx_packets: 1,
  rx_errors: 2,
  tx_bytes: 8,
  tx_packets: 9,
  tx_errors: 10,
  tx_dropped: 11,
} as const;

/** Counters of /proc/net/dev by device, under the names that sysfs has for them. */
export function parseNetDev(text: string): Record<string, Record<string, number>> {
  const rows = linesOf(text).flatMap(line => {
    const [, name, columns = ''] = /^ *([^:|]+):(.*)$/.exec(line) ?? [];
    if (name === undefined) return [];
    const numbers = columns.trim().split(/\s+/).map(Number);
    const counters = Object.entries(NET_DEV).map(([field, column]) => [field, numbers[column] ?? 0] as const);
    return [[name, Object.fromEntries(counters)] as const];
  });
  return Object.fromEntries(rows);
}

/** Fields of /proc/PID/fdinfo/FD by name. A value is a number where it is one in C: decimal, octal (`flags`) or hex. */
export function parseFdinfo(text: string): Record<string, number | string> {
  const fields = linesOf(text).flatMap(line => {
    const [, name, value] = /^([^:]+):(.*)$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name, numberOrText(value.trim())] as const];
  });
  return Object.fromEntries(fields);
}

function numberOrText(value: string): number | string {
  const octal = /^0([0-7]+)$/.exec(value)?.[1];
  if (octal !== undefined) return Number.parseInt(octal, 8);
  const number = /^(-?(0|[1-9]\d*)|0x[0-9a-f]+)$/i.test(value) ? Number(value) : NaN;
  return Number.isSafeInteger(number) ? number : value;
}

function linesOf(text: string): string[] {
  return text.split('\n').filter(line => line !== '');
}
