import { PackageFault } from './member.ts';

/** Reads pieces of given lengths from a stream, without holding more of it than a piece. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next `length` bytes, in one buffer. Throws where the stream ends before. */
  async take(length: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of this.pieces(length)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  /** The next `length` bytes, as they come. Throws where the stream ends before. */
  async *pieces(length: number): AsyncGenerator<Buffer, void, undefined> {
    let left = length;
    while (left > 0) {
      if (this.#rest.length === 0) this.#rest = await this.#next();
      const piece = this.#rest.subarray(0, left);
      // Before the yield: a consumer that stops here has had these bytes.
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  /** Reads the stream to its end. */
  async drain(): Promise<void> {
    this.#rest = Buffer.alloc(0);
    while ((await this.#source.next()).done !== true);
  }

  async #next(): Promise<Buffer> {
    for (;;) {
      const { done, value } = await this.#source.next();
      if (done === true) throw new PackageFault('unexpected end of file');
      if (value.length > 0) return Buffer.from(value.buffer, value.byteOffset, value.length);
    }
  }
}
