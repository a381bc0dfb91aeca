import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SshTarget } from '../guest/ssh.ts';

/** The command of ssh into a guest; the files that it needs are put into a folder that is made for it. */
export function sshCommand({ keys, port }: SshTarget, dir: string): string {
  mkdirSync(dir, { mode: 0o700 });
  const key = join(dir, 'key');
  writeFileSync(key, keys.clientKey, { mode: 0o600 });
  const known = join(dir, 'known_hosts');
  writeFileSync(known, `[127.0.0.1]:${port} ssh-ed25519 ${keys.hostPublicKey}\n`);
  // Nothing of the user's own set-up: a guest must not get at their agent, their keys or their display.
  const only = '-F none -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes';
  return `ssh -t -p ${port} -i ${key} -o UserKnownHostsFile=${known} ${only} root@127.0.0.1`;
}
