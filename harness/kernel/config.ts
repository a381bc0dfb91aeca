import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Kernel } from '../model/kernel.ts';
import { hasLines } from './config-lines.ts';

/**
 * The configuration of a kernel, `CONFIG_X=y` line by line; null where it is not on this machine. It is next to the image that the user named, or
 * to that of a package, in the tree that was built, with the modules, or in the image itself (CONFIG_IKCONFIG).
 */
export async function kernelConfig(kernel: Kernel): Promise<string | null> {
  const { image, modulesDir, release, given } = kernel;
  const places = [
    ...(given === undefined ? [] : configsNextTo(given, release)),
    ...configsNextTo(image, release),
    ...(modulesDir === null ? [] : [join(modulesDir, 'config'), join(modulesDir, 'build', '.config')]),
  ];
  for (const place of places) {
    const text = await readFile(place, 'utf8').catch(() => null);
    if (text !== null && hasLines(text)) return text;
  }
  return embedded(await readFile(image).catch(() => Buffer.alloc(0)));
}

function configsNextTo(image: string, release: string): string[] {
  const dir = dirname(image);
  return [
    join(dir, 'config'),
    join(dir, `config-${release}`),
    join(dir, '..', '..', '..', '.config'),
    join(dir, '.config'),
  ];
}

/** The configuration that an uncompressed kernel has between two marks: kernel/configs.c. */
function embedded(image: Buffer): string | null {
  const start = image.indexOf('IKCFG_ST');
  const end = image.indexOf('IKCFG_ED', start);
  if (start < 0 || end < 0) return null;
  try {
    const text = gunzipSync(image.subarray(start + 8, end), { maxOutputLength: 16 << 20 }).toString();
    return hasLines(text) ? text : null;
  } catch {
    // Bytes that look like the marks.
    return null;
  }
}
