import { BpfrigError } from '../util/errors.ts';
import type { Vm } from '../vm/vm.ts';
import { makeGuestKeys, type GuestKeys } from './keys.ts';
import type { AgentCaller } from './protocol.ts';
import type { SshTarget } from './ssh.ts';

/**
 * Writes fresh keys into a guest, starts dropbear and forwards a TCP port of the host's loopback device to it. The management
 * device is up already: images/init. Throws `infra` with what the guest's commands wrote.
 */
export async function startSsh(guest: AgentCaller & { readonly vm: Vm }): Promise<SshTarget> {
  const keys = await makeGuestKeys();
  const { status, stdout, stderr } = await guest.call('exec', { argv: ['/bin/sh', '-ec', script(keys)] });
  if (status !== 0)
    throw new BpfrigError('infra', `ssh does not start in the guest: status ${status}`, {
      detail: `${stdout}${stderr}`.trim(),
    });
  return { port: await guest.vm.forwardSsh(), keys };
}

/**
 * dropbear stays in the background with no descriptor of this command's open, so that `exec` ends. The shell of busybox, in
 * which somebody types, prefers its own applets, as `ip`, to programs of the same name, unless they are aliases.
 */
function script({ hostKey, authorizedKey }: GuestKeys): string {
  return `
umask 077
mkdir -p /etc/dropbear /root/.ssh
echo '${hostKey.toString('base64')}' | base64 -d > /etc/dropbear/host_key
echo '${authorizedKey}' > /root/.ssh/authorized_keys
for program in /usr/local/sbin/* /usr/local/bin/* /usr/sbin/* /usr/bin/*; do
  [ -L "$program" ] || [ ! -f "$program" ] || echo "alias \${program##*/}='$program'"
done > /etc/profile
dropbear -E -s -j -k -r /etc/dropbear/host_key -p 22 < /dev/null > /run/dropbear.log 2>&1
`;
}
