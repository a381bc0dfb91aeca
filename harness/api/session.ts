import { leaveSignals } from '../run/interrupt.ts';
import { openSession, type Session, type SessionOptions } from '../run/session.ts';
import { onHostNote } from '../util/host-notes.ts';
import type { Held } from '../util/dispose.ts';

/** What a program decides about how its guests are run. */
export interface SessionChoices {
  /** What runs the guests; default: KVM where it is available. */
  readonly accel?: SessionOptions['accel'] | undefined;
  /** Take only the kernel packages of images/kernels.lock.yaml. */
  readonly locked?: boolean | undefined;
  /** Stretches every time limit of a guest. */
  readonly timeScale?: number | undefined;
  /** Receives one line for each step that takes a while, such as a download; default: nothing is written. */
  readonly onProgress?: ((line: string) => void) | undefined;
  /** Ends what was started: guests are killed, and what waits rejects. */
  readonly signal?: AbortSignal | undefined;
}

/** Opens a session that leaves signals and the terminal to its process. */
export async function quietSession(
  held: Held,
  { accel = 'auto', locked, timeScale, signal, onProgress = () => undefined }: SessionChoices,
  rest: Pick<SessionOptions, 'jobs' | 'retries'>,
): Promise<Session> {
  const notes = onHostNote(onProgress);
  held.add({ [Symbol.asyncDispose]: async () => notes[Symbol.dispose]() });
  const options = { accel, locked, timeScale, onProgress, ...rest };
  return held.add(await openSession(options, () => leaveSignals(signal)));
}
