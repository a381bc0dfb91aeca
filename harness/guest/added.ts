import { ADDED_MODULES } from '../image/modules-part.ts';
import type { GuestAdditions } from '../model/guest-additions.ts';
import { BpfrigError } from '../util/errors.ts';
import { AgentError } from './agent-error.ts';
import type { RunningGuest } from './running-guest.ts';

/** What a scenario adds to its guest once that runs. */
export type Added = Pick<GuestAdditions, 'modules' | 'sysctls' | 'devices'>;

/** Under emulation a large module takes its time, and so does a device whose module the kernel loads first. */
const LOAD_MS = 60_000;

/** The guest's kernel does not do what the scenario's `guest` asks for. */
export class AdditionError extends BpfrigError {
  constructor(text: string) {
    super('topology', `the guest cannot be made as \`guest\` says: ${text}`);
  }
}

/** Loads the modules that the initramfs has for this guest. Throws `AdditionError` with the kernel's reason. */
export async function loadModules(guest: RunningGuest, { modules }: Added): Promise<void> {
  if (modules.length === 0) return;
  const argv = ['bpfrig-agent', 'modules', ADDED_MODULES];
  const { status, stderr } = await guest.call('exec', { argv, timeout_ms: LOAD_MS }, { timeoutMs: LOAD_MS });
  if (status !== 0) throw new AdditionError(stderr.trim().replaceAll('\n', '; '));
}

/** Makes network namespaces and devices in order. Throws `AdditionError` with iproute2's own words. */
export async function addDevices(guest: RunningGuest, { devices }: Added): Promise<void> {
  for (const argv of devices.flatMap(({ commands }) => commands)) {
    const { status, stderr } = await guest.call(
      'exec',
      { argv, timeout_ms: LOAD_MS },
      { timeoutMs: LOAD_MS },
    );
    if (status !== 0) throw new AdditionError(`${argv.join(' ')}: ${stderr.trim()}`);
  }
}

/**
 * Sets values of /proc/sys. Returns those that are not there yet, if that is permitted: a device's come with the device. Throws `AdditionError`
 * when the kernel refuses a value, and `scenario` for a name that it does not have.
 */
export async function setSysctls(
  guest: RunningGuest,
  values: readonly (readonly [string, string])[],
  which: 'if present' | 'all',
): Promise<(readonly [string, string])[]> {
  const absent: (readonly [string, string])[] = [];
  for (const [name, value] of values) {
    const path = sysctlPath(name);
    try {
      // Reading first: writing would ask the kernel to create the file.
      await guest.call('read_file', { path });
    } catch (error) {
      if (!(error instanceof AgentError) || error.failure.kind !== 'kernel') throw error;
      if (error.failure.errno === 'ENOENT') {
        absent.push([name, value]);
        continue;
      }
      // Some can only be written.
    }
    await write(guest, path, value);
  }
  const [first] = absent;
  if (which === 'all' && first !== undefined)
    throw new BpfrigError(
      'scenario',
      `\`guest: { sysctls }\`: this kernel has no \`${first[0]}\` (${sysctlPath(first[0])}); a module or a device may bring it`,
    );
  return absent;
}

async function write(guest: RunningGuest, path: string, value: string): Promise<void> {
  try {
    await guest.call('write_file', { path, data: value });
  } catch (error) {
    if (!(error instanceof AgentError) || error.failure.kind !== 'kernel') throw error;
    throw new AdditionError(`the kernel refused to write '${value}' to ${path}: ${error.failure.errno}`);
  }
}

/** The file of a value, by sysctl(8)'s rule: whichever of `.` and `/` comes first separates, and the other one stands for it within a name. */
export function sysctlPath(name: string): string {
  const swapped = /^[^./]*\./.test(name)
    ? name.replaceAll(/[./]/g, char => (char === '.' ? '/' : '.'))
    : name;
  return `/proc/sys/${swapped}`;
}
