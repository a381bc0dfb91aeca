import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientChannel } from 'ssh2';
import { BpfrigError, messageOf } from '../util/errors.ts';
import type { GuestKeys } from './keys.ts';

/** Where and as whom to connect. */
export interface SshTarget {
  readonly port: number;
  readonly keys: Pick<GuestKeys, 'clientKey' | 'hostPublicKey'>;
}

/** One ssh session to a guest's dropbear. */
export class SshSession implements Disposable {
  readonly #client: Client;

  private constructor(client: Client) {
    this.#client = client;
  }

  /** Connects with our key and the pinned host key. Retries until `timeoutMs`, then throws `infra`. */
  static async connect(target: SshTarget, timeoutMs: number): Promise<SshSession> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      try {
        return new SshSession(await dial(target, deadline - performance.now()));
      } catch (error) {
        if (performance.now() > deadline) {
          throw new BpfrigError('infra', `ssh to the guest failed: ${messageOf(error)}`, { cause: error });
        }
        await sleep(25);
      }
    }
  }

  /** Starts a shell, with a terminal of the given size or without one. */
  shell(
    terminal: { readonly term: string; readonly rows: number; readonly cols: number } | null,
  ): Promise<ClientChannel> {
    return new Promise((resolve, reject) => {
      this.#client.once('close', () =>
        reject(new BpfrigError('infra', 'ssh: the connection to the guest was closed')),
      );
      this.#client.shell(terminal ?? false, (error, channel) => (error ? reject(error) : resolve(channel)));
    });
  }

  [Symbol.dispose](): void {
    this.#client.destroy();
  }
}

function dial({ port, keys }: SshTarget, timeoutMs: number): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    client.once('ready', () => resolve(client));
    // Errors after the first one too: a connection that breaks later shows as the end of its channels.
    client.on('error', reject);
    // All that ssh2 emits when the connection is lost while it shakes hands.
    client.once('close', () =>
      reject(new BpfrigError('infra', 'the connection was closed during the handshake')),
    );
    client.connect({
      // Small packets that wait for an acknowledgement of the last would cost 40 ms each.
      sock: connect({ host: '127.0.0.1', port, noDelay: true }),
      username: 'root',
      privateKey: keys.clientKey,
      // Without 'none' first: each question costs a round trip.
      authHandler: ['publickey'],
      readyTimeout: Math.max(timeoutMs, 1),
      hostVerifier: (key: Buffer) => key.toString('base64') === keys.hostPublicKey,
      algorithms: {
        // The cheapest that dropbear offers: under emulation the handshake is most of the wait.
        kex: ['curve25519-sha256'],
        serverHostKey: ['ssh-ed25519'],
        cipher: ['aes128-ctr'],
        hmac: ['hmac-sha2-256'],
      },
    });
  });
}
