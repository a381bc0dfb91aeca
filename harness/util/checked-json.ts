import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { cacheError } from './cache-error.ts';
import { hostNote } from './host-notes.ts';

/**
 * Reads a value that `writeChecked` wrote. Returns null if there is none. A file that is damaged is reported in one line and counts as none. The caller knows the type: only `writeChecked` writes the file.
 */
export async function readChecked(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw await cacheError(file, error);
  }
  return decodeChecked(text, file);
}

/** The value in a text of `encodeChecked`; null, reported in one line, if the text is damaged. `file` is used only in the line. */
export function decodeChecked(text: string, file: string): unknown {
  try {
    const { crc, value } = JSON.parse(text) as { crc?: unknown; value?: unknown };
    // Older editions of bpfrig wrote the value alone.
    if (crc === undefined) return null;
    if (crc === checksum(value)) return value;
  } catch {
    // Not JSON: reported below.
  }
  hostNote(`${file} in the cache is damaged and is made anew`);
  return null;
}

/** A value as JSON, with a checksum. */
export function encodeChecked(value: unknown): string {
  return JSON.stringify({ crc: checksum(value), value });
}

/** Writes a value with a checksum; a reader sees the old file or the new one. Throws `infra` if the cache cannot be written. */
export async function writeChecked(file: string, value: unknown): Promise<void> {
  const temp = `${file}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(temp, encodeChecked(value), { mode: 0o600 });
    await rename(temp, file);
  } catch (error) {
    await rm(temp, { force: true }).catch(() => undefined);
    throw await cacheError(file, error);
  }
}

function checksum(value: unknown): number {
  return crc32(JSON.stringify(value) ?? '');
}
