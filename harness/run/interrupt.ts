import { EXIT } from './exit-code.ts';

/** The signal that ended a session, and the means by which its parts notice. */
export interface Interrupt extends Disposable {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** The first signal; null as long as there was none. */
  endedBy(): 'SIGINT' | 'SIGTERM' | null;
}

/**
 * From now on the first Ctrl-C or SIGTERM ends the session in order, with its reports, and the second one ends the process at once.
 * Disposing restores what the signals did before.
 */
export function onInterrupt(onProgress: (line: string) => void): Interrupt {
  const controller = new AbortController();
  let by: 'SIGINT' | 'SIGTERM' | null = null;
  const handle = (signal: NodeJS.Signals): void => {
    const name = signal === 'SIGTERM' ? 'SIGTERM' : 'SIGINT';
    // QEMUs die with their parent (harness/vm/process.ts), so nothing needs to be done for them here.
    if (by !== null) process.exit(EXIT[name]);
    by = name;
    onProgress('ending; once more to end at once');
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
