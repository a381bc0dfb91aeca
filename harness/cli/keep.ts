import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { RunningGuest } from '../guest/running-guest.ts';
import type { Testbed } from '../guest/testbed.ts';
import type { Cell } from '../model/cell.ts';
import { makeWorkspace } from '../util/workspace.ts';

/**
 * `--keep`: leaves the guests of a red cell as they are, prints how to get into them, and waits for Enter. Their agents still
 * have everything that the scenario made: maps, programs, devices. Only now is ssh started in them.
 */
export async function keepGuests(cell: Cell, { guests }: Testbed, signal: AbortSignal): Promise<void> {
  await using workspace = await makeWorkspace();
  const ways = await Promise.all(
    guests.map((guest, index) => wayInto(guest, join(workspace.dir, String(index)))),
  );
  process.stderr.write(`bpfrig: kept ${cell.id}\n${ways.join('')}  Enter lets it go.\n`);
  const input = createInterface({ input: process.stdin });
  await new Promise<void>(resolve => {
    input.once('line', () => resolve());
    input.once('close', () => resolve());
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  input.close();
}

/** A line with the command of ssh; the files that it needs are put into a folder that is made for it. */
async function wayInto(guest: RunningGuest, dir: string): Promise<string> {
  const { keys, port } = await guest.openSsh();
  mkdirSync(dir);
  const key = join(dir, 'key');
  writeFileSync(key, keys.clientKey, { mode: 0o600 });
  const known = join(dir, 'known_hosts');
  writeFileSync(known, `[127.0.0.1]:${port} ssh-ed25519 ${keys.hostPublicKey}\n`);
  const ssh = `ssh -t -p ${port} -i ${key} -o UserKnownHostsFile=${known} root@127.0.0.1`;
  return `  ${guest.name === null ? '' : `${guest.name}: `}${ssh}\n`;
}
