import { dirname, relative } from 'node:path';
import { within } from '../util/deadline.ts';
import { BpfrigError } from '../util/errors.ts';
import { hostPressure } from '../util/host-pressure.ts';
import { CONSOLE_MAX_BYTES } from './privileges.ts';
import * as device from './devices.ts';
import { drainConsole } from './drain-console.ts';
import { attributeLoss } from './attribute-loss.ts';
import { GuestFailure } from './failure.ts';
import { admitToFolder, MachineFileError, openMachineFiles } from './machine-files.ts';
import { readState } from './migration.ts';
import { privilegeFacts, qemuUser } from './privileges.ts';
import { spawnQemu, type ProcessEnd, type VmProcess } from './process.ts';
import { qemuVersion } from './qemu-version.ts';
import { QemuVm, VmEvents } from './qemu-vm.ts';
import { Qmp } from './qmp.ts';
import type { GuestSpec } from './spec.ts';
import type { BootedVm, Vm, VmOptions } from './vm.ts';

/** What init prints when everything in the guest is up. */
export const READY_MARK = 'bpfrig: ready';

/** How long QEMU may take from its start to its first answer, on a host that is not overloaded. It takes 50 ms. */
const HANDSHAKE_MS = 5_000;

/** Pause between two looks at the CPUs of a guest that boots, and how many in a row decide. */
const HALT_LOOKS = { everyMs: 2_000, count: 3 } as const;

/** A saved guest whose files cannot be read, or that QEMU refuses to load or to start with: its template may be damaged, and a new one may do. */
export class StateRefusedError extends BpfrigError {
  constructor(message: string, detail: string | null, cause: unknown) {
    super('infra', message, { detail, cause });
  }
}

/**
 * Boots a guest and waits until init reports that it is ready.
 * Throws `GuestFailure` when the guest ends, panics or hangs at boot, `infra` when QEMU fails.
 */
export async function bootVm(
  spec: GuestSpec,
  options: VmOptions & { readonly timeoutMs: number },
  ram: device.Ram = { kind: 'anonymous' },
): Promise<BootedVm> {
  const vm = await startVm(spec, ram, options, []);
  return orKill(vm, async () => {
    // A host that is overloaded stretches a boot more than anything else.
    const patienceMs = options.timeoutMs * hostPressure();
    const { by } = await drainConsole(vm, READY_MARK, patienceMs, haltCheck(vm));
    if (by === 'line') return vm;
    options.signal?.throwIfAborted();
    const sign = by === 'look' ? 'boot-halted' : 'boot-timeout';
    const failure = await attributeLoss(vm, { sign });
    throw failure.reworded(`at boot: ${failure.message}`);
  });
}

/** Starts a copy of a saved guest: RAM copy-on-write, devices from the state file. Throws `infra`, `StateRefusedError` where the copy is the cause. */
export async function cloneVm(
  spec: GuestSpec,
  saved: { readonly ram: string; readonly state: string },
  options: VmOptions,
): Promise<Vm> {
  try {
    // Before QEMU is started: of a file that cannot be read it knows nothing.
    const [state, version] = await Promise.all([readState(saved.state), qemuVersion(spec.arch)]);
    const ram = { kind: 'private', path: saved.ram, writable: device.needsWritableRam(version) } as const;
    const vm = await startVm(spec, ram, options, [device.incoming()]);
    return await orKill(vm, async () => {
      await vm.load(state);
      return vm;
    });
  } catch (error) {
    if (error instanceof EndedByItself || error instanceof MachineFileError)
      throw new StateRefusedError(error.message, error.detail, error);
    throw error;
  }
}

/** Whether a guest that boots can do nothing more, by its CPUs' registers: true once several looks in a row have seen it. */
function haltCheck(vm: QemuVm): () => Promise<boolean> {
  let nextLook = performance.now() + HALT_LOOKS.everyMs;
  let seen = 0;
  return async () => {
    if (performance.now() < nextLook) return false;
    nextLook = performance.now() + HALT_LOOKS.everyMs;
    seen = (await vm.haltedForGood()) ? seen + 1 : 0;
    return seen >= HALT_LOOKS.count;
  };
}

async function startVm(
  spec: GuestSpec,
  ram: device.Ram,
  { dir, signal, link, consoleMaxBytes = CONSOLE_MAX_BYTES }: VmOptions,
  more: readonly device.Device[],
): Promise<QemuVm> {
  const user = qemuUser(privilegeFacts());
  await admitToFolder(dir, user);
  const paths = device.machinePaths(dir, link);
  // QEMU is started in the folder and names its sockets from there: it may have no access to the folders above.
  const cwd = link === undefined ? dir : dirname(link);
  const inside = device.machinePaths(relative(cwd, dir), relative(cwd, paths.link));
  const args = device.commandLine(spec, [...device.devices(spec, ram, inside), ...more]);
  using files = openMachineFiles(spec, ram, paths.console, user);
  const { descriptors } = files;
  const { arch, accel } = spec;
  const process = await spawnQemu(args, { cwd, user, arch, accel, descriptors, signal, consoleMaxBytes });
  const events = new VmEvents();
  try {
    const qmp = await Qmp.connect(paths.qmp, {
      timeoutMs: HANDSHAKE_MS * hostPressure(),
      alive: () => process.end() === null,
      onEvents: emitter => events.follow(emitter),
    });
    const uris = { stateUri: `unix:${inside.state}`, gdbUri: `unix:${inside.gdb}` };
    return new QemuVm(process, qmp, events, { ...paths, ...uris, arch, consoleMaxBytes });
  } catch (error) {
    throw await explained(error, process);
  }
}

async function orKill<T>(vm: QemuVm, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw await explained(error, vm.process);
  }
}

/** How long a QEMU whose connection broke may take to be seen as ended. */
const ENDING_MS = 500;

/** A QEMU that ended by itself with an error: it refused something. */
class EndedByItself extends BpfrigError {}

/** The error with what QEMU said to it, after QEMU was killed where it still runs. */
async function explained(error: unknown, process: VmProcess): Promise<unknown> {
  await within(ENDING_MS, process.ended);
  const byItself = process.end();
  await process.kill();
  const end = byItself ?? process.end();
  if (!(error instanceof BpfrigError) || error instanceof GuestFailure || end === null) return error;
  const { message, detail } = withStderr(error, end);
  const options = { detail, cause: error };
  if (byItself === null) return new BpfrigError(error.code, message, options);
  if (byItself.signal !== null)
    return new BpfrigError(
      'infra',
      `QEMU ended by signal ${byItself.signal} before the guest ran: ${message}`,
      options,
    );
  return new EndedByItself(
    'infra',
    `QEMU ended with exit code ${byItself.exitCode} before the guest ran: ${message}`,
    options,
  );
}

function withStderr(
  { message, detail }: BpfrigError,
  { stderr }: ProcessEnd,
): { message: string; detail: string | null } {
  if (stderr === '') return { message, detail };
  return {
    message: `${message} (QEMU: ${stderr.split('\n')[0]})`,
    detail: [detail, stderr].filter(Boolean).join('\n'),
  };
}
