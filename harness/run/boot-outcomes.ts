import { BpfrigError } from '../util/errors.ts';
import { GuestFailure } from '../vm/failure.ts';

/**
 * What the boots of a run came to, by what is booted. A kernel that does not boot costs one boot, and not one for each of its cells: all
 * of them get the failure of that boot. A boot that the host spoiled is tried a few times before it decides.
 */
export class BootOutcomes {
  readonly #mostTries: number;
  readonly #signal: AbortSignal;
  readonly #spoiled = new Map<string, number>();
  readonly #decided = new Map<string, BpfrigError>();

  /** `mostTries`: boots of one kind that the host may spoil before that decides for all. `signal`: that of the run's end. */
  constructor(mostTries: number, signal: AbortSignal) {
    this.#mostTries = mostTries;
    this.#signal = signal;
  }

  /** Does what boots a guest. Throws what it throws; where a boot of the same kind has decided, throws that failure without a boot. */
  async boot<T>(key: string, work: () => Promise<T>): Promise<T> {
    const decided = this.#decided.get(key);
    if (decided !== undefined) throw asFoundBefore(decided);
    try {
      return await work();
    } catch (error) {
      if (error instanceof BpfrigError && !this.#signal.aborted) this.#note(key, error);
      throw error;
    }
  }

  #note(key: string, error: BpfrigError): void {
    const spoiled = (this.#spoiled.get(key) ?? 0) + 1;
    this.#spoiled.set(key, spoiled);
    if (!isSpoiled(error) || spoiled >= this.#mostTries) this.#decided.set(key, error);
  }
}

/** Whether the host spoiled a boot, which may not happen again. */
function isSpoiled(error: BpfrigError): boolean {
  return error instanceof GuestFailure ? error.kind === 'infra' : error.code === 'infra';
}

function asFoundBefore(error: BpfrigError): BpfrigError {
  // What the host does not have for a guest was found out without a boot.
  if (error.code === 'scenario') return error;
  const message = `${error.message} (one boot decides for all cells of this kernel and guest shape)`;
  if (error instanceof GuestFailure) return error.reworded(message);
  return new BpfrigError(error.code, message, { detail: error.detail, cause: error });
}
