import { messageOf } from '../util/errors.ts';

/** Notices what cannot be written to standard output and standard error: a full disk, a pipe that nobody reads any more. */
export interface Output {
  /** Waits until everything was written, or has failed. Returns whether all of it was written. */
  settle(): Promise<boolean>;
}

/**
 * From now on text that cannot be written to standard output or standard error is lost, and the command goes on: a run still keeps its
 * results. By default, Node ends the process with an uncaught exception instead.
 */
export function watchOutput(): Output {
  let failed = false;
  const streams = { output: process.stdout, error: process.stderr } as const;
  for (const [name, stream] of Object.entries(streams)) {
    stream.on('error', (error: unknown) => {
      if (!failed) process.stderr.write(`bpfrig: standard ${name} cannot be written: ${messageOf(error)}\n`);
      failed = true;
    });
  }
  return {
    async settle() {
      for (const stream of Object.values(streams)) {
        if (stream.writableLength > 0) await new Promise<void>(resolve => stream.write('', () => resolve()));
      }
      // Node reports an error of a write that was done at once a moment later.
      await new Promise(resolve => void setImmediate(resolve));
      return !failed;
    },
  };
}
