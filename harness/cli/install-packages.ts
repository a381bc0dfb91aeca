import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../util/paths.ts';

/**
 * Installs the Debian packages that the host lacks, as root or through sudo, and returns whether all of them are there now. Words of a command line, such as
 * `6.12/arm64` or `tree:../linux`, ask for what their kernels need besides.
 */
export function installPackages(words: readonly string[] = []): boolean {
  const script = join(PACKAGE_ROOT, 'images', 'install-packages.sh');
  return spawnSync('sh', [script, ...words], { stdio: 'inherit' }).status === 0;
}
