/** Returns the result of `work`. If `work` throws, disposes of `held` and rethrows the error. */
export async function orDispose<T>(held: AsyncDisposable, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await held[Symbol.asyncDispose]();
    throw error;
  }
}
