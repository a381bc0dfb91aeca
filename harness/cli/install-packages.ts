import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { ArchName } from '../model/kernel.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';

/** Installs the Debian packages that the host lacks, also for guests of these architectures, as root or through sudo, and returns whether all of them are there now. */
export function installPackages(archs: readonly ArchName[] = []): boolean {
  const script = join(PACKAGE_ROOT, 'images', 'install-packages.sh');
  return spawnSync('sh', [script, ...archs], { stdio: 'inherit' }).status === 0;
}
