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
  /**
   * Asks a guest that hangs what it is at: gives where each CPU stands, one line each, and makes the kernel panic, by an NMI, with a
   * stack on the console. Null from a QEMU that does not answer.
   */
  postMortem(): Promise<string | null>;
}

/** What init prints when everything in the guest is up. */
export const READY_MARK = 'bpfrig: ready';

/** How long a kernel may take to print its stacks. */
const LAST_WORDS_MS = 3_000;

/** Where a guest keeps its sockets and its console, and what ends it early. */
export interface VmOptions {
  /** A folder of its own; short, since a socket's path has at most 107 bytes. */
  readonly dir: string;
  /** The socket between the two guests of topology `link`, beside the receiving one's others; short as well. */
  readonly link?: string | undefined;
  /** Kills QEMU when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Boots a guest and waits until init says that it is ready.
 * Throws `GuestFailure` when the kernel panics or hangs at boot, `infra` when QEMU fails.
 */
export async function bootVm(
  spec: GuestSpec,
  options: VmOptions & { readonly timeoutMs: number },
  ram: device.Ram = { kind: 'anonymous' },
): Promise<BootedVm> {
  const vm = await startVm(spec, ram, options, []);
  return orKill(vm, async () => {
    await waitForReady(vm, options.timeoutMs);
    return vm;
  });
}

/** A guest that was booted, of which a template can be made. */
export interface BootedVm extends Vm {
  /** Stops the guest and writes the state of its devices into a file; its RAM must be a shared file, which then is the other half. */
  save(statePath: string): Promise<void>;
}

/** Starts a copy of a saved guest: RAM copy-on-write, devices from the state file. Throws `infra` when QEMU cannot take them. */
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
  const consolePath = join(dir, 'console.log');
  const qmpPath = join(dir, 'qmp');
  const args = device.concat([
    device.bare(),
    device.memory(spec, ram),
    device.machine(spec),
    device.kernel(spec),
    device.console(consolePath),
    device.qmp(qmpPath),
    device.managementNic(),
    device.trafficNics(spec, spec.topology === 'link' ? (link ?? join(dir, 'link')) : null),
    ...more,
  ]);
  const process = spawnQemu(args, signal);
  try {
    const qmp = await Qmp.connect(qmpPath, 10_000, () => process.end() === null);
    return new QemuVm(process, qmp, new ConsoleWatcher(consolePath), await forwardedPort(qmp));
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

class QemuVm implements BootedVm {
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

  async postMortem(): Promise<string | null> {
    const ask = async (): Promise<string> => {
      const registers = await this.#qmp.human('info registers -a');
      await this.#qmp.execute('inject-nmi');
      return cpuLines(registers);
    };
    // A stopped QEMU does not even answer.
    const never = sleep(1_000).then(() => null);
    const states = await Promise.race([ask().catch(() => null), never]);
    const deadline = Date.now() + LAST_WORDS_MS;
    while (states !== null && !this.console.panicked && this.end() === null && Date.now() < deadline) {
      await sleep(50);
      await this.console.poll();
    }
    await this.console.poll();
    return states;
  }

  async save(statePath: string): Promise<void> {
    await this.#qmp.execute('stop');
    await this.#ignoreSharedRam();
    await this.#qmp.execute('migrate', { uri: `exec:cat > ${quote(statePath)}` });
    for (;;) {
      const { status, 'error-desc': why } = (await this.#qmp.execute('query-migrate')) as {
        status?: string;
        'error-desc'?: string;
      };
      if (status === 'completed') return;
      if (status === 'failed')
        throw new BpfrigError('infra', `QEMU cannot save the guest's state: ${why ?? 'no reason given'}`);
      await sleep(5);
    }
  }

  async load(statePath: string): Promise<void> {
    await this.#ignoreSharedRam();
    // After a migration QEMU tells the network where the guest is now, by a RARP from each NIC, five times within a second:
    // in the traffic's network those would be packets that nobody sent.
    await this.#qmp.execute('migrate-set-parameters', { 'announce-rounds': 0 });
    await this.#qmp.execute('migrate-incoming', { uri: `exec:cat ${quote(statePath)}` });
    for (;;) {
      const { status } = (await this.#qmp.execute('query-status')) as { status: string };
      if (status !== 'inmigrate') break;
      await sleep(2);
    }
    await this.#qmp.execute('cont');
  }

  /** RAM that is a file need not go into the state file: it is there already. */
  async #ignoreSharedRam(): Promise<void> {
    const capabilities = [{ capability: 'x-ignore-shared', state: true }];
    await this.#qmp.execute('migrate-set-capabilities', { capabilities });
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
      const { kind, message } = classifyLoss({ sign: 'boot-timeout', ...vm.console.trouble, end });
      throw new GuestFailure(kind, `at boot: ${message}`, vm.console.tail);
    }
    await sleep(20);
  }
}

/** From `info registers -a`: address, flags, and whether the CPU sleeps. Addresses are those of the kernel's symbols: nokaslr. */
function cpuLines(registers: string): string {
  const lines = registers.split(/^CPU#/m).slice(1);
  return lines
    .map(text => {
      const cpu = /^\d+/.exec(text)?.[0] ?? '?';
      const [rip, flags, halted] = [/RIP=(\w+)/, /RFL=(\w+)/, /HLT=(\d)/].map(
        field => field.exec(text)?.[1] ?? '?',
      );
      return `CPU ${cpu}: RIP ${rip} RFLAGS ${flags}${halted === '1' ? ', sleeps' : ''}`;
    })
    .join('\n');
}

/** The port that the host's kernel gave for `hostfwd=…:0-:22`: QEMU tells it only by the human monitor. */
async function forwardedPort(qmp: Qmp): Promise<number> {
  const text = await qmp.human('info usernet');
  const port = /TCP\[HOST_FORWARD\]\s+\d+\s+\S+\s+(\d+)\s+\S+\s+22\b/.exec(text)?.[1];
  if (port === undefined)
    throw new BpfrigError('infra', 'QEMU does not tell the forwarded ssh port', { detail: text });
  return Number(port);
}

function withStderr(error: unknown, end: VmEnd): unknown {
  if (!(error instanceof BpfrigError) || end.stderr === '') return error;
  const detail = [error.detail, end.stderr].filter(Boolean).join('\n');
  return new BpfrigError(error.code, `${error.message} (QEMU: ${end.stderr.split('\n')[0]})`, {
    detail,
    cause: error,
  });
}

/** A path as a word of the shell that QEMU runs `exec:` with. */
function quote(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}
