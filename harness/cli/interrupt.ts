import { EXIT } from '../run/exit-code.ts';

/** Which signal ended a run, and what tells its parts. */
export interface Interrupt extends Disposable {
  readonly signal: AbortSignal;
  endedBy(): 'SIGINT' | 'SIGTERM' | null;
}

/** The first Ctrl-C or SIGTERM ends the run in order, with its reports; the second ends the program at once. */
export function onInterrupt(): Interrupt {
  const controller = new AbortController();
  let by: 'SIGINT' | 'SIGTERM' | null = null;
  const handle = (signal: NodeJS.Signals): void => {
    const name = signal === 'SIGTERM' ? 'SIGTERM' : 'SIGINT';
    // QEMUs die with their parent (harness/vm/process.ts), so nothing needs to be done for them here.
    if (by !== null) process.exit(EXIT[name]);
    by = name;
    process.stderr.write('bpfrig: ending the run; once more to end at once\n');
    controller.abort();
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
  return {
    signal: controller.signal,
    endedBy: () => by,
    [Symbol.dispose]: () => {
      process.off('SIGINT', handle);
      process.off('SIGTERM', handle);
    },
  };
}
