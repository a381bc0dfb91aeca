import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { RunningGuest } from '../guest/running-guest.ts';
import type { Cell } from '../model/cell.ts';
import { makeWorkspace } from '../util/workspace.ts';

/**
 * `--keep`: leaves the guest of a red cell as it is, says how to get into it, and waits for Enter. Its agent still has everything
 * that the scenario made: maps, programs, devices.
 */
export async function keepGuest(cell: Cell, guest: RunningGuest, signal: AbortSignal): Promise<void> {
  await using workspace = await makeWorkspace();
  const key = join(workspace.dir, 'key');
  writeFileSync(key, guest.keys.clientKey, { mode: 0o600 });
  const known = join(workspace.dir, 'known_hosts');
  writeFileSync(known, `[127.0.0.1]:${guest.vm.sshPort} ssh-ed25519 ${guest.keys.hostPublicKey}\n`);
  const ssh = `ssh -t -p ${guest.vm.sshPort} -i ${key} -o UserKnownHostsFile=${known} root@127.0.0.1`;
  process.stderr.write(`bpfrig: kept ${cell.id}\n  ${ssh}\n  Enter lets it go.\n`);
  const input = createInterface({ input: process.stdin });
  await new Promise<void>(resolve => {
    input.once('line', () => resolve());
    input.once('close', () => resolve());
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  input.close();
}
