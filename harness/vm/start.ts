import { BpfrigError } from '../util/errors.ts';
import * as device from './devices.ts';
import { drainConsole } from './drain-console.ts';
import { classifyLoss, GuestFailure } from './failure.ts';
import { spawnQemu, type VmEnd } from './process.ts';
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
  const vm = await startVm(spec, { kind: 'private', path: saved.ram }, options, [device.incoming()]);
  return orKill(vm, async () => {
    await vm.load(saved.state);
    return vm;
  });
}

async function startVm(
  spec: GuestSpec,
  ram: device.Ram,
  { dir, signal, link }: VmOptions,
  more: readonly device.Device[],
): Promise<QemuVm> {
  const paths = device.machinePaths(dir, link);
  const args = device.commandLine(spec, [...device.devices(spec, ram, paths), ...more]);
  const process = spawnQemu(args, signal);
  try {
    const qmp = await Qmp.connect(paths.qmp, 10_000, () => process.end() === null);
    return new QemuVm(process, qmp, paths);
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
