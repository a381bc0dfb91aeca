import { appendFileSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { makeFolder } from '../util/make-folder.ts';

/** Most bytes that the steps of one try at a cell may leave: a command that writes without end must not fill the disk. */
const MOST_BYTES = 256 * 1024 * 1024;

/** Where the steps of a cell leave files: output of commands, files of the guest, captures. */
export interface CellArtifacts {
  /** Writes a file whose name, a path within the cell's folder, no step has used before; otherwise the name gets a number. */
  write(name: string, data: Uint8Array): void;
  /** Appends to a file, which the first piece begins. */
  append(name: string, data: Uint8Array): void;
}

/** Artifacts that nobody wants. */
export const NO_ARTIFACTS: CellArtifacts = { write: () => undefined, append: () => undefined };

/** Artifacts in a cell's folder. What cannot be kept is reported and not thrown: a verdict counts without it. */
export class FolderArtifacts implements CellArtifacts {
  readonly #dir: string;
  readonly #suffix: string;
  readonly #onLoss: (error: unknown) => void;
  readonly #names = new Set<string>();
  #left = MOST_BYTES;

  /** `suffix`: that of a later try, `.2`; it stands before the extension of every file. */
  constructor(dir: string, suffix: string, onLoss: (error: unknown) => void) {
    this.#dir = dir;
    this.#suffix = suffix;
    this.#onLoss = onLoss;
  }

  write(name: string, data: Uint8Array): void {
    let free = name;
    for (let number = 2; this.#names.has(free); number += 1) free = withSuffix(name, `-${number}`);
    this.append(free, data);
  }

  append(name: string, data: Uint8Array): void {
    const path = join(this.#dir, withSuffix(name, this.#suffix));
    try {
      if (data.length > this.#left)
        throw new Error(`the steps of the cell left more than ${MOST_BYTES / 1024 ** 2} MiB`);
      this.#left -= data.length;
      makeFolder(dirname(path));
      // A folder that is used again, as by a repeated cell, has the file of the run before.
      if (this.#names.has(name)) appendFileSync(path, data);
      else writeFileSync(path, data);
      this.#names.add(name);
    } catch (error) {
      this.#onLoss(error);
    }
  }
}

/** `out.json` as `out-2.json`. */
function withSuffix(name: string, suffix: string): string {
  const extension = extname(name);
  return `${name.slice(0, name.length - extension.length)}${suffix}${extension}`;
}
