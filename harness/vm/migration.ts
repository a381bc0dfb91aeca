import { setTimeout as sleep } from 'node:timers/promises';
import { BpfrigError } from '../util/errors.ts';
import { hostPressure } from '../util/host-pressure.ts';
import type { Qmp } from './qmp.ts';

/**
 * Longest time for saving or loading on a host that is not overloaded, in milliseconds. It takes some ten: a few MiB of state, since
 * RAM is a file already.
 */
const MIGRATION_MS = 20_000;

/** Stops a guest and writes the state of its devices into a file. Throws `infra` when QEMU cannot. */
export async function saveState(qmp: Qmp, statePath: string): Promise<void> {
  await qmp.execute('stop');
  await ignoreSharedRam(qmp);
  await qmp.execute('migrate', { uri: `exec:cat > ${quote(statePath)}` });
  const deadline = performance.now() + MIGRATION_MS * hostPressure();
  for (;;) {
    const { status, 'error-desc': why } = (await qmp.execute('query-migrate')) as {
      status?: string;
      'error-desc'?: string;
    };
    if (status === 'completed') return;
    if (status === 'failed')
      throw new BpfrigError('infra', `QEMU cannot save the guest's state: ${why ?? 'no reason given'}`);
    checkTime(deadline, 'save');
    await sleep(5);
  }
}

/** Loads the state that `saveState` wrote into a QEMU that waits for it, and lets the guest run. Throws `infra`. */
export async function loadState(qmp: Qmp, statePath: string): Promise<void> {
  await ignoreSharedRam(qmp);
  // After a migration QEMU announces to the network where the guest is now, by a RARP from each NIC, five times within a
  // second: in the traffic's network those would be packets that nobody sent.
  await qmp.execute('migrate-set-parameters', { 'announce-rounds': 0 });
  await qmp.execute('migrate-incoming', { uri: `exec:cat ${quote(statePath)}` });
  const deadline = performance.now() + MIGRATION_MS * hostPressure();
  for (;;) {
    const { status } = (await qmp.execute('query-status')) as { status: string };
    if (status !== 'inmigrate') break;
    checkTime(deadline, 'load');
    await sleep(2);
  }
  await qmp.execute('cont');
}

function checkTime(deadline: number, what: 'save' | 'load'): void {
  if (performance.now() > deadline)
    throw new BpfrigError('infra', `QEMU did not ${what} the guest's state in time`);
}

/** RAM that is a file need not go into the state file: it is there already. */
async function ignoreSharedRam(qmp: Qmp): Promise<void> {
  const capabilities = [{ capability: 'x-ignore-shared', state: true }];
  await qmp.execute('migrate-set-capabilities', { capabilities });
}

/** A path as a word of the shell that QEMU runs `exec:` with. */
function quote(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}
