/** Returns the result of `work`. If `work` throws, disposes of `held` and rethrows the error. */
export async function orDispose<T>(held: AsyncDisposable, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await held[Symbol.asyncDispose]();
    throw error;
  }
}

/** What one thing holds: it is disposed of in reverse order, all of it also when a part throws. */
export class Held implements AsyncDisposable {
  readonly #held: AsyncDisposable[] = [];

  /** Returns what was added. */
  add<T extends AsyncDisposable>(one: T): T {
    this.#held.push(one);
    return one;
  }

  /** Throws what the first part threw. */
  async [Symbol.asyncDispose](): Promise<void> {
    const errors: unknown[] = [];
    for (const one of this.#held.splice(0).toReversed()) {
      try {
        await one[Symbol.asyncDispose]();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}
