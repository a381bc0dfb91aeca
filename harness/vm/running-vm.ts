import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BpfrigError } from '../util/errors.ts';
import { ConsoleWatcher } from './console.ts';
import * as device from './devices.ts';
import { classifyLoss, GuestFailure } from './failure.ts';
import { spawnQemu, type VmEnd, type VmProcess } from './process.ts';
import { Qmp } from './qmp.ts';
import type { GuestSpec } from './spec.ts';

/** A guest seen from outside. There is the real one below, and a fake in the tests of what stands above. */
export interface Vm extends AsyncDisposable {
  readonly pid: number;
  /** Loopback port of the guest's ssh. */
  readonly sshPort: number;
  readonly console: ConsoleWatcher;
  readonly ended: Promise<VmEnd>;
  /** Null while QEMU runs. */
  end(): VmEnd | null;
}

/** What init prints when everything in the guest is up. */
export const READY_MARK = 'bpfrig: ready';

/**
 * Boots a guest and waits until init says that it is ready. `dir` is a folder of its own for sockets and the console.
 * Throws `infra` when QEMU or the boot fails; a panic at boot is in the message.
 */
export async function bootVm(spec: GuestSpec, dir: string, timeoutMs: number): Promise<Vm> {
  const consolePath = join(dir, 'console.log');
  const qmpPath = join(dir, 'qmp');
  const args = device.concat([
    device.bare(),
    device.memory(spec),
    device.machine(spec),
    device.kernel(spec),
    device.console(consolePath),
    device.qmp(qmpPath),
    device.managementNic(),
    device.trafficNics(spec.topology),
  ]);
  const process = spawnQemu(args);
  try {
    const qmp = await Qmp.connect(qmpPath, 10_000, () => process.end() === null);
    const vm = new QemuVm(process, qmp, new ConsoleWatcher(consolePath), await forwardedPort(qmp));
    await waitForReady(vm, timeoutMs);
    return vm;
  } catch (error) {
    process.kill();
    const end = await process.ended;
    throw withStderr(error, end);
  }
}

class QemuVm implements Vm {
  readonly sshPort: number;
  readonly console: ConsoleWatcher;
  readonly #process: VmProcess;
  readonly #qmp: Qmp;

  constructor(process: VmProcess, qmp: Qmp, console: ConsoleWatcher, sshPort: number) {
    this.#process = process;
    this.#qmp = qmp;
    this.console = console;
    this.sshPort = sshPort;
  }

  get pid(): number {
    return this.#process.pid;
  }

  get ended(): Promise<VmEnd> {
    return this.#process.ended;
  }

  end(): VmEnd | null {
    return this.#process.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#qmp.close();
    // A guest holds nothing that is worth an orderly shutdown, and a stopped QEMU would never give one.
    this.#process.kill();
    await this.#process.ended;
  }
}

async function waitForReady(vm: Vm, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const end = vm.end();
    const lines = await vm.console.poll();
    if (lines.some(line => line.includes(READY_MARK))) return;
    if (end !== null || Date.now() > deadline) {
      const { kind, message } = classifyLoss({ sign: 'boot-timeout', panicked: vm.console.panicked, end });
      throw new GuestFailure(kind, `at boot: ${message}`, vm.console.tail);
    }
    await sleep(20);
  }
}

/** The port that the host's kernel gave for `hostfwd=…:0-:22`: QEMU tells it only by the human monitor. */
async function forwardedPort(qmp: Qmp): Promise<number> {
  const text = await qmp.human('info usernet');
  const port = /TCP\[HOST_FORWARD\]\s+\d+\s+\S+\s+(\d+)\s+\S+\s+22\b/.exec(text)?.[1];
  if (port === undefined) throw new BpfrigError('infra', 'QEMU does not tell the forwarded ssh port', { detail: text });
  return Number(port);
}

function withStderr(error: unknown, end: VmEnd): unknown {
  if (!(error instanceof BpfrigError) || end.stderr === '') return error;
  const detail = [error.detail, end.stderr].filter(Boolean).join('\n');
  return new BpfrigError(error.code, `${error.message} (QEMU: ${end.stderr.split('\n')[0]})`, { detail, cause: error });
}
