import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import ssh2 from 'ssh2';
import { findProgram } from '../image/host-programs.ts';
import { makeWorkspace } from '../util/workspace.ts';

/** The two key pairs of a guest's ssh: ours, and the guest's own, which is pinned. */
export interface GuestKeys {
  /** Our private key, OpenSSH format. */
  readonly clientKey: string;
  /** One line for authorized_keys. */
  readonly authorizedKey: string;
  /** The guest's private key in dropbear's format. */
  readonly hostKey: Buffer;
  /** The guest's public key as it stands on the wire, base64. */
  readonly hostPublicKey: string;
}

/** Makes fresh ed25519 keys. Throws `infra` where dropbearkey is missing. */
export async function makeGuestKeys(): Promise<GuestKeys> {
  const client = makeClientKey();
  await using workspace = await makeWorkspace();
  const path = join(workspace.dir, 'host_key');
  // Only dropbear's own tool writes dropbear's own key format.
  const { stdout } = await execa(await findProgram('dropbearkey'), ['-t', 'ed25519', '-f', path]);
  const hostPublicKey = /^ssh-ed25519 (\S+)/m.exec(stdout)?.[1] ?? '';
  return {
    clientKey: client.private,
    authorizedKey: client.public,
    hostKey: await readFile(path),
    hostPublicKey,
  };
}

/** ssh2 1.17 now and then writes an ed25519 key that it cannot read itself: such a one is thrown away. */
function makeClientKey(): { private: string; public: string } {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}
