import type { AgentCaller, OpAnswer, OpArgs } from './protocol.ts';

/** How a command of a guest ended. */
export interface CommandEnd {
  /** Exit status, or 128 + the signal that killed it. */
  readonly status: number;
  /** `SIGSEGV`; null if no signal killed it. */
  readonly signal: string | null;
  /** It was killed because its time was over. */
  readonly late: boolean;
}

/** Which of a command's outputs a piece is from. */
export type OutputName = 'stdout' | 'stderr';

/** Runs a command in a guest and hands out what it writes as it goes. Rejects as `AgentCaller.call` does. */
export async function runCommand(
  guest: AgentCaller,
  args: OpArgs<'exec_start'>,
  onOutput: (from: OutputName, piece: Buffer) => void,
): Promise<CommandEnd> {
  let piece = await guest.call('exec_start', args);
  for (;;) {
    deliver(piece, onOutput);
    const { over, running, status, signal, late } = piece;
    if (over) return { status: status ?? 0, signal, late };
    piece = await guest.call('exec_more', { running });
  }
}

function deliver(piece: OpAnswer<'exec_more'>, onOutput: (from: OutputName, piece: Buffer) => void): void {
  for (const from of ['stdout', 'stderr'] as const)
    if (piece[from] !== '') onOutput(from, Buffer.from(piece[from], 'hex'));
}

/** Reads a file of a guest as bytes, up to `most`; null if it has more. Rejects as `AgentCaller.call` does. */
export async function readGuestFile(guest: AgentCaller, path: string, most: number): Promise<Buffer | null> {
  const pieces: Buffer[] = [];
  let size = 0;
  for (;;) {
    const { data } = await guest.call('read_bytes', { path, offset: size });
    if (data === '') return Buffer.concat(pieces);
    const piece = Buffer.from(data, 'hex');
    pieces.push(piece);
    size += piece.length;
    if (size > most) return null;
  }
}
