import { BpfrigError } from '../util/errors.ts';
import { hostCommand } from '../util/host-command.ts';
import { once } from '../util/once.ts';
import { architecture } from '../arch/architectures.ts';
import type { ArchName } from '../model/kernel.ts';
import { qemuProgram } from './process.ts';
import { launcher } from '../util/launcher.ts';

/** A release of QEMU from which on something holds: major, minor. */
export type QemuRelease = readonly [major: number, minor: number];

/** What guests are made of needs this: `-netdev stream`, which joins two guests. Debian 12 has it. */
const OLDEST: QemuRelease = [7, 2];

const VERSION = new Map<string, Promise<string>>();

/**
 * QEMU's version, for example `7.2.22`; asked once, so that no cell waits for it. Throws `infra` when there is none, when QEMU does not
 * print it in time, and when it is too old.
 */
export function qemuVersion(arch: ArchName): Promise<string> {
  const program = qemuProgram(arch);
  return once(VERSION, program, async () => {
    const { stdout } = await hostCommand(program, ['--version'], { timeoutMs: 10_000 });
    const version = /version (\S+)/.exec(stdout)?.[1];
    if (version === undefined)
      throw new BpfrigError(
        'infra',
        `${program} does not run: install ${architecture(arch).machine.qemu.package} (${launcher()} doctor --fix${arch === 'amd64' ? '' : ` --arch ${arch}`})`,
      );
    if (!isSince(version, OLDEST))
      throw new BpfrigError(
        'infra',
        `QEMU ${version} is older than ${OLDEST.join('.')}, which guests need: install a newer one, or name it in BPFRIG_QEMU`,
      );
    return version;
  });
}

/** Whether a version of QEMU, such as `10.0.2`, is this release or a later one. */
export function isSince(version: string, [major, minor]: QemuRelease): boolean {
  const [itsMajor = 0, itsMinor = 0] = version.split('.').map(Number);
  return itsMajor > major || (itsMajor === major && itsMinor >= minor);
}
