/** `warning`: something was wrong and has been put right. `info`: why nothing seems to happen. */
export type NoteLevel = 'info' | 'warning';

type Listener = (line: string, level: NoteLevel) => void;

const listeners: Listener[] = [];

/**
 * Reports one line about this host that a user must see although nothing has failed: a damaged entry of the cache, a wait for another
 * process. It goes to the listener that was added last, the event log of a run; without one, to stderr.
 */
export function hostNote(line: string, level: NoteLevel = 'warning'): void {
  const listener = listeners.at(-1);
  if (listener === undefined) process.stderr.write(`bpfrig: ${line}\n`);
  else listener(line, level);
}

/** Sends the lines of `hostNote` to `listener` until it is disposed of. */
export function onHostNote(listener: Listener): Disposable {
  listeners.push(listener);
  return {
    [Symbol.dispose]: () => {
      const at = listeners.lastIndexOf(listener);
      if (at >= 0) listeners.splice(at, 1);
    },
  };
}
