import type { ProcessEnd } from './process.ts';

/** The end of a machine: of the guest, of QEMU's process, or of both. */
export interface VmEnd {
  /**
   * Why the machine stopped, in QMP's words (`ShutdownCause`, qapi/run-state.json): `guest-reset`, `guest-shutdown`, `host-signal`.
   * Null where QEMU did not report it.
   */
  readonly shutdown: string | null;
  /** How the process ended; null while it is there: QEMU keeps a machine whose guest has ended. */
  readonly process: ProcessEnd | null;
}

/** What a guest that has ended did, for the causes that are the guest's own; the host's are not in the table. */
const GUEST_DID: Readonly<Record<string, string>> = {
  'guest-reset': 'the guest reset itself without a panic: a reboot or a triple fault',
  'guest-shutdown': 'the guest powered itself off',
  'guest-panic': 'the kernel panicked',
};

/** What the guest did to end its machine; null when something else ended it. */
export function guestDid({ shutdown }: VmEnd): string | null {
  return GUEST_DID[shutdown ?? ''] ?? null;
}

/** What happened to a QEMU that ended without its guest having ended the machine. */
export function qemuDid({ shutdown, process }: VmEnd): string {
  const how =
    process === null
      ? 'its process is there'
      : process.signal === null
        ? `exit code ${process.exitCode}`
        : `signal ${process.signal}`;
  const cause = shutdown === null ? '' : `, ${shutdown}`;
  const line = process?.stderr.split('\n').at(-1) ?? '';
  return `QEMU ended in mid-cell (${how}${cause}${line === '' ? '' : `: ${line}`})`;
}
