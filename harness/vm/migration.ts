import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { chmod, readFile, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { hostPressure } from '../util/host-pressure.ts';
import { machineFileError } from './machine-files.ts';
import type { Qmp } from './qmp.ts';

/**
 * Longest time for saving or loading on a host that is not overloaded, in milliseconds. It takes some ten: a few MiB of state, since
 * RAM is a file already.
 */
const MIGRATION_MS = 20_000;

/** The socket through which QEMU writes and reads the state: its path, and its name in the folder that QEMU was started in. */
export interface StateSocket {
  readonly path: string;
  readonly uri: string;
}

/** Stops a guest and writes the state of its devices into a file. Throws `infra` when QEMU cannot. */
export async function saveState(qmp: Qmp, socket: StateSocket, statePath: string): Promise<void> {
  await qmp.execute('stop');
  await ignoreSharedRam(qmp);
  const ms = MIGRATION_MS * hostPressure();
  await using receiver = await receive(socket.path, statePath, ms);
  await qmp.execute('migrate', { uri: socket.uri });
  // QEMU closes the connection after the last byte. A full disk is seen here before QEMU sees a broken connection.
  await Promise.all([receiver.written, untilSaved(qmp, performance.now() + ms)]);
}

/** Listens for QEMU, and writes what it sends into a file, for so many milliseconds at most. */
async function receive(
  path: string,
  statePath: string,
  ms: number,
): Promise<AsyncDisposable & { readonly written: Promise<void> }> {
  const server = createServer();
  // It takes whole milliseconds only, and throws for a limit that a loaded host stretched.
  const signal = AbortSignal.timeout(Math.ceil(ms));
  const write = async (): Promise<void> => {
    const [connection] = (await once(server, 'connection', { signal })) as [Socket];
    await pipeline(connection, createWriteStream(statePath, { mode: 0o600 }), { signal });
  };
  const written = write().catch((error: unknown) => {
    throw new BpfrigError('infra', `the guest's state cannot be written: ${messageOf(error)}`, {
      cause: error,
    });
  });
  written.catch(() => undefined);
  server.listen(path);
  await once(server, 'listening');
  // QEMU may run as another user; only it and bpfrig can reach the socket, by the permissions of its folder.
  await chmod(path, 0o666);
  return {
    written,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await rm(path, { force: true });
    },
  };
}

async function untilSaved(qmp: Qmp, deadline: number): Promise<void> {
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

/** Reads what `saveState` wrote. Throws `MachineFileError` when the file cannot be read. */
export async function readState(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw machineFileError(error);
  }
}

/** Loads a state that `saveState` wrote into a QEMU that waits for it, and lets the guest run. Throws `infra`. */
export async function loadState(qmp: Qmp, socket: StateSocket, state: Buffer): Promise<void> {
  await ignoreSharedRam(qmp);
  // After a migration QEMU announces to the network where the guest is now, by a RARP from each NIC, five times within a
  // second: in the traffic's network those would be packets that nobody sent.
  await qmp.execute('migrate-set-parameters', { 'announce-rounds': 0 });
  await qmp.execute('migrate-incoming', { uri: socket.uri });
  const deadline = performance.now() + MIGRATION_MS * hostPressure();
  // A QEMU that closes the connection too early reports why by QMP, and ends.
  const connection = connect(socket.path).on('error', () => undefined);
  try {
    connection.end(state);
    for (;;) {
      const { status } = (await qmp.execute('query-status')) as { status: string };
      if (status !== 'inmigrate') break;
      checkTime(deadline, 'load');
      await sleep(2);
    }
  } finally {
    connection.destroy();
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
