import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../util/paths.ts';

/** Installs the Debian packages that the host lacks, as root or through sudo, and returns whether all of them are there now. */
export function installPackages(): boolean {
  const script = join(PACKAGE_ROOT, 'images', 'install-packages.sh');
  return spawnSync('sh', [script], { stdio: 'inherit' }).status === 0;
}
