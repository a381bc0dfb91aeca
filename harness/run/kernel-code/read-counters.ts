import { runCommand } from '../../guest/command.ts';
import type { RunningGuest } from '../../guest/running-guest.ts';
import type { MeasuredSource } from '../../model/kernel.ts';
import { BpfrigError, messageOf } from '../../util/errors.ts';

/** The counters of a kernel after a cell: a .gcda of each measured source, in their order, or why there are none. */
export type CellCounters = { readonly files: readonly Buffer[] } | { readonly missing: string };

/** Most bytes of one .gcda. That of a source of 800 lines has about ten thousand. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Reads the counters of a kernel in a guest. Never throws: a cell has its verdict without them. */
export async function readCounters(
  guest: Pick<RunningGuest, 'call' | 'whileAlive'>,
  measured: readonly MeasuredSource[],
): Promise<CellCounters> {
  try {
    const files: Buffer[] = [];
    for (const { counters } of measured) files.push(await guest.whileAlive(readWhole(guest, counters)));
    return { files };
  } catch (error) {
    return { missing: messageOf(error) };
  }
}

/** By one open(2): the kernel makes a copy of all counters at each (gcov_seq_open() in kernel/gcov/fs.c), and two copies may differ. */
async function readWhole(guest: Pick<RunningGuest, 'call'>, path: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  let complaint = '';
  const { status, late } = await runCommand(guest, { argv: ['cat', path] }, (from, piece) => {
    if (from === 'stderr') complaint += piece.toString('utf8').slice(0, 1_000);
    else if ((size += piece.length) <= MOST_BYTES) pieces.push(piece);
  });
  if (late) throw new BpfrigError('infra', `reading ${path} did not end`);
  if (status !== 0) throw new BpfrigError('infra', `cannot read ${path}: ${complaint.trim()}`);
  if (size > MOST_BYTES) throw new BpfrigError('infra', `${path} has more than ${MOST_BYTES} bytes`);
  return Buffer.concat(pieces);
}
