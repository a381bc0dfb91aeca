import { fstatSync, ftruncateSync, writeSync } from 'node:fs';

/** Appends text to an open regular file. If not all of it can be written, the file is as it was before, and the error is thrown. */
export function appendWhole(fd: number, text: string): void {
  const before = fstatSync(fd).size;
  try {
    writeWhole(fd, text);
  } catch (error) {
    ftruncateSync(fd, before);
    throw error;
  }
}

/** Writes all of a text. `writeSync` alone may write a part of it, as on a disk that becomes full, and throw nothing. */
export function writeWhole(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
}
