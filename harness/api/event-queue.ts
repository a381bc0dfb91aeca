/** Events that one reader takes as they come. They wait as long as nobody takes them. */
export class EventQueue<T> implements AsyncIterableIterator<T, undefined> {
  readonly #waiting: T[] = [];
  readonly #onReturn: () => void;
  #over: { readonly error: unknown } | 'ended' | null = null;
  #wake: () => void = () => undefined;

  /** `onReturn`: called when the reader wants no more. */
  constructor(onReturn: () => void) {
    this.#onReturn = onReturn;
  }

  push(event: T): void {
    this.#waiting.push(event);
    this.#wake();
  }

  /** No event follows. */
  end(): void {
    this.#over ??= 'ended';
    this.#wake();
  }

  /** No event follows, and the reader gets an error after the last. */
  fail(error: unknown): void {
    this.#over ??= { error };
    this.#wake();
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    for (;;) {
      const [event] = this.#waiting.splice(0, 1);
      if (event !== undefined) return { done: false, value: event };
      if (this.#over === 'ended') return { done: true, value: undefined };
      if (this.#over !== null) throw this.#over.error;
      await new Promise<void>(resolve => (this.#wake = resolve));
    }
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#onReturn();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
