import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { findProgram } from '../image/host-programs.ts';
import { commandFailure, hostCommand } from '../util/host-command.ts';
import { makeWorkspace } from '../util/workspace.ts';

/** The two key pairs of a guest's ssh: ours, and the guest's own, which is pinned. */
export interface GuestKeys {
  /** Our private key, OpenSSH format. */
  readonly clientKey: string;
  /** One line for authorized_keys. */
  readonly authorizedKey: string;
  /** The guest's private key in dropbear's format. */
  readonly hostKey: Buffer;
  /** The guest's public key in the wire format, base64. */
  readonly hostPublicKey: string;
}

/** Makes fresh keys. Throws `infra` when dropbearkey is missing. */
export async function makeGuestKeys(): Promise<GuestKeys> {
  // RSA: with an ed25519 key dropbear's part of a handshake is 62 million instructions, with this one 35 million (callgrind).
  const client = ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 });
  await using workspace = await makeWorkspace();
  const path = join(workspace.dir, 'host_key');
  // Only dropbear's own tool writes dropbear's own key format.
  const program = await findProgram('dropbearkey');
  const made = await hostCommand(program, ['-t', 'ed25519', '-f', path], { timeoutMs: 10_000 });
  if (!made.ok) throw commandFailure('dropbearkey makes no key', made);
  const hostPublicKey = /^ssh-ed25519 (\S+)/m.exec(made.stdout)?.[1] ?? '';
  return {
    clientKey: client.private,
    authorizedKey: client.public,
    hostKey: await readFile(path),
    hostPublicKey,
  };
}
