import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '../../util/errors.ts';
import type { Ended } from './member.ts';

/** A program of the host whose output is read as a stream. */
export interface ProgramStream {
  readonly stdout: Readable;
  /** Resolves when it is gone; never rejects. */
  readonly ended: Promise<Ended>;
  readonly kill: () => void;
}

/**
 * Starts a program that unpacks. With the signal it is killed, and its end is not waited for any longer: it may have closed its output and hang.
 * `input` is piped into it.
 */
export function startProgram(
  program: string,
  args: readonly string[],
  { signal, input }: { readonly signal: AbortSignal; readonly input?: Readable },
): ProgramStream {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], signal, killSignal: 'SIGKILL' });
  // A program that has seen enough, or that was not started, closes the pipe: how it ended says why.
  if (input === undefined) child.stdin.end();
  else pipeline(input, child.stdin).catch(() => undefined);
  child.stdin.on('error', () => undefined);
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < 10_000) stderr += chunk.toString();
  });
  const ended = new Promise<Ended>(resolve => {
    child.once('error', error => {
      const missing = 'code' in error && error.code === 'ENOENT' ? program : null;
      resolve({ code: null, by: null, stderr: messageOf(error), missing });
    });
    child.once('close', (code, by) => resolve({ code, by, stderr, missing: null }));
  });
  const kill = (): void => {
    child.kill('SIGKILL');
    // Output that nobody reads any more keeps `close` from coming.
    child.stdout.destroy();
  };
  return { stdout: child.stdout, ended, kill };
}
