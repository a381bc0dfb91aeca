/** Does work with something that must not be left behind when the work fails. */
export async function orDispose<T>(held: AsyncDisposable, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await held[Symbol.asyncDispose]();
    throw error;
  }
}
