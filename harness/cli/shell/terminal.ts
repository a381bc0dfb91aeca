import type { ClientChannel } from 'ssh2';
import { SshSession, type SshTarget } from '../../guest/ssh.ts';

/** How long dropbear may take until it lets us in: under emulation its handshake is most of it. */
const SSH_MS = 15_000;

/** The streams of a command: of this process, or what stands for them. */
export interface ShellStreams {
  readonly input: NodeJS.ReadStream | NodeJS.ReadableStream;
  readonly output: NodeJS.WriteStream | NodeJS.WritableStream;
  readonly error: NodeJS.WritableStream;
}

/**
 * Connects streams with a shell in a guest until it ends, and returns its status; 1 where it was cut off. At a terminal the shell has one too, of the same
 * size, which follows it; elsewhere it has none, as for a script that is piped into it.
 */
export async function interact(target: SshTarget, streams: ShellStreams): Promise<number> {
  const { input, output, error } = streams;
  using session = await SshSession.connect(target, SSH_MS);
  const terminal = isTerminal(input) && isTerminal(output) ? output : null;
  const channel = await session.shell(
    terminal === null ? null : { term: process.env['TERM'] ?? 'vt100', ...sizeOf(terminal) },
  );
  using _ = follow(input, terminal, channel);
  input.pipe(channel);
  channel.pipe(output, { end: false });
  channel.stderr.pipe(error, { end: false });
  try {
    return await statusOf(channel);
  } finally {
    input.unpipe(channel);
    input.pause();
  }
}

function statusOf(channel: ClientChannel): Promise<number> {
  let status = 1;
  return new Promise(resolve => {
    channel.once('exit', (code: number | null) => (status = code ?? 1));
    // After the last of its output.
    channel.once('close', () => resolve(status));
  });
}

/** Keys go to the guest as they are pressed, and the size of the terminal when it changes; disposing undoes that. */
function follow(
  input: ShellStreams['input'],
  terminal: NodeJS.WriteStream | null,
  channel: ClientChannel,
): Disposable {
  if (terminal === null || !('setRawMode' in input)) return { [Symbol.dispose]: () => undefined };
  const resize = (): void => {
    const { rows, cols } = sizeOf(terminal);
    channel.setWindow(rows, cols, 0, 0);
  };
  input.setRawMode(true);
  terminal.on('resize', resize);
  return {
    [Symbol.dispose]: () => {
      terminal.off('resize', resize);
      input.setRawMode(false);
    },
  };
}

function sizeOf({ rows = 24, columns = 80 }: Partial<NodeJS.WriteStream>): { rows: number; cols: number } {
  return { rows, cols: columns };
}

function isTerminal(stream: object): stream is NodeJS.WriteStream {
  return 'isTTY' in stream && stream.isTTY === true;
}
