import { dirname, relative } from 'node:path';
import { BpfrigError } from '../util/errors.ts';
import { once } from '../util/once.ts';
import * as device from './devices.ts';
import { drainConsole } from './drain-console.ts';
import { classifyLoss, GuestFailure } from './failure.ts';
import { admitToFolder, openMachineFiles } from './machine-files.ts';
import { privilegeFacts, qemuUser } from './privileges.ts';
import { qemuVersion, spawnQemu, type VmEnd } from './process.ts';
import { QemuVm } from './qemu-vm.ts';
import { Qmp } from './qmp.ts';
import type { GuestSpec } from './spec.ts';
import type { BootedVm, Vm, VmOptions } from './vm.ts';

/** What init prints when everything in the guest is up. */
export const READY_MARK = 'bpfrig: ready';

/**
 * Boots a guest and waits until init reports that it is ready.
 * Throws `GuestFailure` when the kernel panics or hangs at boot, `infra` when QEMU fails.
 */
export async function bootVm(
  spec: GuestSpec,
  options: VmOptions & { readonly timeoutMs: number },
  ram: device.Ram = { kind: 'anonymous' },
): Promise<BootedVm> {
  const vm = await startVm(spec, ram, options, []);
  return orKill(vm, async () => {
    const { by, end } = await drainConsole(vm, READY_MARK, options.timeoutMs);
    if (by === 'line') return vm;
    const { kind, message } = classifyLoss({ sign: 'boot-timeout', ...vm.console.trouble, end });
    throw new GuestFailure(kind, `at boot: ${message}`, vm.console.tail);
  });
}

/** Starts a copy of a saved guest: RAM copy-on-write, devices from the state file. Throws `infra` when QEMU cannot load them. */
export async function cloneVm(
  spec: GuestSpec,
  saved: { readonly ram: string; readonly state: string },
  options: VmOptions,
): Promise<Vm> {
  const ram = { kind: 'private', path: saved.ram, writable: await writableRam() } as const;
  const vm = await startVm(spec, ram, options, [device.incoming()]);
  return orKill(vm, async () => {
    await vm.load(saved.state);
    return vm;
  });
}

/** Whether this QEMU opens the RAM file of a clone for writing; asked once. */
function writableRam(): Promise<boolean> {
  return once(WRITABLE_RAM, 'qemu', async () => device.needsWritableRam(await qemuVersion()));
}

const WRITABLE_RAM = new Map<string, Promise<boolean>>();

async function startVm(
  spec: GuestSpec,
  ram: device.Ram,
  { dir, signal, link, consoleMaxBytes }: VmOptions,
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
  const process = spawnQemu(args, { cwd, user, accel: spec.accel, descriptors, signal, consoleMaxBytes });
  try {
    const qmp = await Qmp.connect(paths.qmp, 10_000, () => process.end() === null);
    return new QemuVm(process, qmp, { ...paths, stateUri: `unix:${inside.state}`, consoleMaxBytes });
  } catch (error) {
    process.kill();
    throw withStderr(error, await process.ended);
  }
}

async function orKill<T>(vm: QemuVm, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await vm[Symbol.asyncDispose]();
    throw withStderr(error, await vm.ended);
  }
}

function withStderr(error: unknown, end: VmEnd): unknown {
  if (!(error instanceof BpfrigError) || error instanceof GuestFailure || end.stderr === '') return error;
  const detail = [error.detail, end.stderr].filter(Boolean).join('\n');
  return new BpfrigError(error.code, `${error.message} (QEMU: ${end.stderr.split('\n')[0]})`, {
    detail,
    cause: error,
  });
}
