import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { architecture } from '../arch/architectures.ts';
import { kernelConfig } from '../kernel/config.ts';
import { configValue } from '../kernel/config-lines.ts';
import type { ArchName, Kernel } from '../model/kernel.ts';
import { BpfrigError } from '../util/errors.ts';

/** The options of a kernel's configuration that make the modules which every guest needs (images/guest.yaml), besides those of its architecture. */
export const OPTIONS: Readonly<Record<string, string>> = {
  virtio_console: 'CONFIG_VIRTIO_CONSOLE',
  virtio_net: 'CONFIG_VIRTIO_NET',
  veth: 'CONFIG_VETH',
  pktgen: 'CONFIG_NET_PKTGEN',
};

/**
 * The error for a kernel without modules that every guest needs. Where there is no list of what is built in, which is in a package of its own in Debian from
 * 6.19 on, that is what is missing.
 */
export function lacksModules(
  { id, release, arch, modulesDir }: Kernel,
  names: readonly string[],
): BpfrigError {
  const options = names.map(name => optionOf(arch, name) ?? name).join(', ');
  const what = `kernel ${id} (${release}) lacks the modules ${names.join(', ')}`;
  const listed = modulesDir === null || existsSync(join(modulesDir, 'modules.builtin'));
  const remedy = listed
    ? `build them, ${options} as y or m`
    : `it has no modules.builtin, which would say that they are built in: add the package that has it (linux-base-${release} in Debian from 6.19 on)`;
  return new BpfrigError('infra', `${what}: ${remedy}`);
}

/**
 * Throws `infra` for a kernel without a folder of modules whose configuration does not build in what every guest needs: it would boot, and never
 * answer. Of a configuration that is not known nothing can be said.
 */
export async function mustBuildIn(kernel: Kernel, names: readonly string[]): Promise<void> {
  const config = await kernelConfig(kernel);
  if (config === null) return;
  const values = names.map(name => {
    const option = optionOf(kernel.arch, name);
    return { option: option ?? '', value: option === undefined ? 'y' : configValue(config, option) };
  });
  const lacking = values.filter(({ value }) => value !== 'y');
  if (lacking.length === 0) return;
  const { id, release } = kernel;
  const has = lacking.map(({ option, value }) => `${option}=${value}`).join(', ');
  const remedy = lacking.some(({ value }) => value === 'm')
    ? 'build them in (=y), or name a folder that also has lib/modules/RELEASE (make modules_install INSTALL_MOD_PATH=DIR)'
    : 'build them in (=y)';
  throw new BpfrigError(
    'infra',
    `kernel ${id} (${release}) lacks drivers that a guest needs, and has no modules next to it: ${has}: ${remedy}; docs/kernels.md has a whole configuration`,
  );
}

function optionOf(arch: ArchName, name: string): string | undefined {
  return architecture(arch).machine.drivers.required[name] ?? OPTIONS[name];
}
