import { EXIT, SIGNAL_CODES, type EndingSignal } from '../model/exit-code.ts';

/** The signal that ended a session, and the means by which its parts notice. */
export interface Interrupt extends Disposable {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** The first signal; null as long as there was none. */
  endedBy(): EndingSignal | null;
}

const SIGNALS = Object.keys(SIGNAL_CODES) as EndingSignal[];

/** Sessions that are open. */
let sessions = 0;

/**
 * Takes over SIGINT, SIGTERM and SIGHUP for the whole process. While no session is open they end it at once, with their exit code and
 * without waiting for anything; what is registered for the process's end, such as the end of children, still happens.
 */
export function endOnSignals(): void {
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (sessions === 0) process.exit(EXIT[name]);
    });
  }
}

/**
 * Leaves all signals to the process. `signal` ends the session instead. A process that a signal ends takes its QEMUs with it
 * (harness/vm/privileges.ts, `--pdeathsig`).
 */
export function leaveSignals(signal: AbortSignal | undefined): Interrupt {
  // Of its own: every guest adds a listener.
  const own = signal === undefined ? new AbortController().signal : AbortSignal.any([signal]);
  return { signal: own, endedBy: () => null, [Symbol.dispose]: () => undefined };
}

/**
 * From now on the first SIGINT, SIGTERM or SIGHUP ends the session in order, with its reports, and the second one ends the process at
 * once. Disposing restores what the signals did before.
 */
export function onInterrupt(onProgress: (line: string) => void): Interrupt {
  const controller = new AbortController();
  let by: EndingSignal | null = null;
  const listeners = SIGNALS.map(name => {
    const handle = (): void => {
      // QEMUs die with their parent (harness/vm/process.ts), so nothing needs to be done for them here.
      if (by !== null) process.exit(EXIT[name]);
      by = name;
      onProgress('ending; once more to end at once');
      controller.abort();
    };
    process.on(name, handle);
    return { name, handle };
  });
  sessions += 1;
  return {
    signal: controller.signal,
    endedBy: () => by,
    [Symbol.dispose]: () => {
      sessions -= 1;
      for (const { name, handle } of listeners) process.off(name, handle);
    },
  };
}
