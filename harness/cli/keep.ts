import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { RunningGuest } from '../guest/running-guest.ts';
import type { SshTarget } from '../guest/ssh.ts';
import type { Testbed } from '../guest/testbed.ts';
import type { Cell } from '../model/cell.ts';
import { messageOf } from '../util/errors.ts';
import { makeWorkspace } from '../util/workspace.ts';

/**
 * `--keep`: leaves the guests of a red cell as they are, prints how to get into them, and waits for Enter. Their agents still
 * have everything that the scenario made: maps, programs, devices. Only now is ssh started in them.
 */
export async function keepGuests(
  cell: Cell,
  { guests }: Testbed,
  signal: AbortSignal,
  write: (text: string) => void = text => void process.stderr.write(text),
): Promise<void> {
  await using workspace = await makeWorkspace();
  const ways = await Promise.all(
    guests.map((guest, index) => wayInto(guest, join(workspace.dir, String(index)))),
  );
  write(`bpfrig: kept ${cell.id}\n${ways.join('')}  Enter lets it go.\n`);
  const input = createInterface({ input: process.stdin });
  await new Promise<void>(resolve => {
    if (signal.aborted) resolve();
    input.once('line', () => resolve());
    input.once('close', () => resolve());
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  input.close();
}

/** One line with the command of ssh, or with the reason why there is none: the cell keeps its verdict either way. */
async function wayInto(guest: RunningGuest, dir: string): Promise<string> {
  const name = guest.name === null ? '' : `${guest.name}: `;
  try {
    return `  ${name}${sshCommand(await guest.openSsh(), dir)}\n`;
  } catch (error) {
    return `  ${name}no ssh: ${messageOf(error)}\n`;
  }
}

/** The command of ssh; the files that it needs are put into a folder that is made for it. */
function sshCommand({ keys, port }: SshTarget, dir: string): string {
  mkdirSync(dir, { mode: 0o700 });
  const key = join(dir, 'key');
  writeFileSync(key, keys.clientKey, { mode: 0o600 });
  const known = join(dir, 'known_hosts');
  writeFileSync(known, `[127.0.0.1]:${port} ssh-ed25519 ${keys.hostPublicKey}\n`);
  // Nothing of the user's own set-up: a guest must not get at their agent, their keys or their display.
  const only = '-F none -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes';
  return `ssh -t -p ${port} -i ${key} -o UserKnownHostsFile=${known} ${only} root@127.0.0.1`;
}
