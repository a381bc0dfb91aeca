import type { AgentCaller } from '../guest/protocol.ts';
import type { RunningGuest } from '../guest/running-guest.ts';
import { kernelConfig } from '../kernel/config.ts';
import type { Kernel } from '../model/kernel.ts';
import type { BpfObject } from '../object/object.ts';

/**
 * Puts the kernel's configuration where libbpf looks for it, where an object has variables of it (`extern … __kconfig`): Debian's kernels do
 * not have /proc/config.gz. Nothing happens where the configuration is not known: libbpf then says what it misses.
 */
export async function placeConfig(
  guest: AgentCaller & Pick<RunningGuest, 'hello'>,
  kernel: Kernel,
  objects: readonly BpfObject[],
): Promise<void> {
  if (!objects.some(({ kconfig }) => kconfig.some(name => name.startsWith('CONFIG_')))) return;
  const text = await kernelConfig(kernel);
  if (text === null) return;
  await guest.call('exec', { argv: ['/bin/busybox', 'mkdir', '-p', '/boot'] });
  await guest.call('write_file', { path: `/boot/config-${guest.hello.release}`, data: text });
}
