import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Kernel } from '../model/kernel.ts';

/**
 * The configuration of a kernel, `CONFIG_X=y` line by line; null where it is not on this machine. It is next to the image of a package, in the
 * tree that was built, or with the modules.
 */
export async function kernelConfig(kernel: Kernel): Promise<string | null> {
  const { image, modulesDir, release } = kernel;
  const places = [
    join(dirname(image), 'config'),
    join(dirname(image), `config-${release}`),
    join(dirname(image), '..', '..', '..', '.config'),
    join(dirname(image), '.config'),
    ...(modulesDir === null ? [] : [join(modulesDir, 'config'), join(modulesDir, 'build', '.config')]),
  ];
  for (const place of places) {
    const text = await readFile(place, 'utf8').catch(() => null);
    if (text !== null && /^CONFIG_\w+=/m.test(text)) return text;
  }
  return null;
}
