import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { RunningGuest } from '../guest/running-guest.ts';
import type { Testbed } from '../guest/testbed.ts';
import type { Cell } from '../model/cell.ts';
import { makeWorkspace } from '../util/workspace.ts';

/**
 * `--keep`: leaves the guests of a red cell as they are, says how to get into them, and waits for Enter. Their agents still have
 * everything that the scenario made: maps, programs, devices.
 */
export async function keepGuests(cell: Cell, { guests }: Testbed, signal: AbortSignal): Promise<void> {
  await using workspace = await makeWorkspace();
  const ways = guests.map((guest, index) => wayInto(guest, join(workspace.dir, String(index))));
  process.stderr.write(`bpfrig: kept ${cell.id}\n${ways.join('')}  Enter lets it go.\n`);
  const input = createInterface({ input: process.stdin });
  await new Promise<void>(resolve => {
    input.once('line', () => resolve());
    input.once('close', () => resolve());
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  input.close();
}

/** A line with the command of ssh; what it needs is put in a folder that is made for it. */
function wayInto({ keys, vm, name }: RunningGuest, dir: string): string {
  mkdirSync(dir);
  const key = join(dir, 'key');
  writeFileSync(key, keys.clientKey, { mode: 0o600 });
  const known = join(dir, 'known_hosts');
  writeFileSync(known, `[127.0.0.1]:${vm.sshPort} ssh-ed25519 ${keys.hostPublicKey}\n`);
  const ssh = `ssh -t -p ${vm.sshPort} -i ${key} -o UserKnownHostsFile=${known} root@127.0.0.1`;
  return `  ${name === null ? '' : `${name}: `}${ssh}\n`;
}
