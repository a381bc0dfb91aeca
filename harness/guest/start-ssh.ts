import { MAC } from '../model/topology.ts';
import { BpfrigError } from '../util/errors.ts';
import type { Vm } from '../vm/vm.ts';
import { makeGuestKeys, type GuestKeys } from './keys.ts';
import type { AgentCaller } from './protocol.ts';
import type { SshTarget } from './ssh.ts';

/** The management device's address, in the network that QEMU's user networking makes. */
const ADDRESS = '10.0.2.15/24';

/**
 * Writes fresh keys into a guest, brings its management device up, starts dropbear and forwards a TCP port of the host's
 * loopback device to it. Throws `infra` with what the guest's commands wrote.
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

/** dropbear stays in the background with no descriptor of this command's open, so that `exec` ends. */
function script({ hostKey, authorizedKey }: GuestKeys): string {
  return `
umask 077
mkdir -p /etc/dropbear /root/.ssh
echo '${hostKey.toString('base64')}' | base64 -d > /etc/dropbear/host_key
echo '${authorizedKey}' > /root/.ssh/authorized_keys
for dev in /sys/class/net/*; do
  read -r address < "$dev/address"
  [ "$address" = ${MAC.mgmt} ] || continue
  ip link set dev lo up
  ip link set dev "\${dev##*/}" name mgmt
  ip addr add ${ADDRESS} dev mgmt
  ip link set dev mgmt up
done
dropbear -E -s -j -k -r /etc/dropbear/host_key -p 22 < /dev/null > /run/dropbear.log 2>&1
`;
}
