import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { keyPart } from '../image/initramfs.ts';
import { classifyLoss, GuestFailure, lossOf } from '../vm/failure.ts';
import type { Ram } from '../vm/devices.ts';
import { bootVm, type BootedVm, type Vm, type VmOptions } from '../vm/running-vm.ts';
import type { GuestSpec } from '../vm/spec.ts';
import { AgentClient, ChannelLostError, type AgentRequest, type ChannelLoss } from './agent-client.ts';
import { makeGuestKeys, type GuestKeys } from './keys.ts';
import { SshSession } from './ssh.ts';

/** What the agent says of the guest at first. */
export interface Hello {
  readonly agent: string;
  /** `uname -r`. */
  readonly release: string;
  /** `uname -v`. */
  readonly version: string;
  readonly cpus_online: readonly number[];
  readonly cpus_possible: readonly number[];
  /** NR_CPUS - 1, from /sys/devices/system/cpu/kernel_max. */
  readonly kernel_max: number;
}

/** Time limits of a guest in milliseconds; `scale` stretches them all on a loaded or slow host. */
export function guestLimits(scale: number): {
  bootMs: number;
  connectMs: number;
  heartbeatMs: number;
  answerMs: number;
} {
  return {
    bootMs: 60_000 * scale,
    connectMs: 15_000 * scale,
    heartbeatMs: 8_000 * scale,
    answerMs: 20_000 * scale,
  };
}

/** Time limits as `guestLimits` gives them. */
export type GuestLimits = ReturnType<typeof guestLimits>;

/** Where the agent listens, on the guest's loopback device: images/init. */
const AGENT_PORT = 5950;

/** A guest that is up, with a channel to its agent. */
export class RunningGuest implements AsyncDisposable {
  readonly vm: Vm;
  readonly hello: Hello;
  readonly keys: GuestKeys;
  /** Where the kernel's log stood before the guest did anything for a cell: `since` of the agent's `kmsg`. */
  logStart = 0;
  /** What messages call it once it is up: null for the only guest of a cell, and for the one under test. */
  name: string | null = null;
  readonly #ssh: SshSession;
  readonly #agent: AgentClient;

  constructor(vm: Vm, ssh: SshSession, agent: AgentClient, hello: Hello, keys: GuestKeys) {
    this.vm = vm;
    this.hello = hello;
    this.keys = keys;
    this.#ssh = ssh;
    this.#agent = agent;
  }

  /**
   * Asks the agent. Throws `AgentError` when the agent or the kernel refuses, and `GuestFailure` with the cell's verdict when
   * the guest is lost meanwhile.
   */
  async call<T = Record<string, unknown>>(request: AgentRequest, timeoutMs?: number): Promise<T> {
    try {
      return await this.#agent.request<T>(request, timeoutMs);
    } catch (error) {
      if (error instanceof ChannelLostError && error.loss !== 'closed')
        throw await this.#attribute(error.loss);
      throw error;
    }
  }

  /** Does work that may be waiting for something else than the agent, and ends it with `GuestFailure` as soon as the guest is lost. */
  async whileAlive<T>(work: Promise<T>): Promise<T> {
    const lost = this.#agent.lost.then(async loss => {
      throw await this.#attribute(loss);
    });
    // Whichever comes second has nobody left to tell.
    work.catch(() => undefined);
    lost.catch(() => undefined);
    return Promise.race([work, lost]);
  }

  async #attribute(loss: ChannelLoss): Promise<unknown> {
    const failure = await attributeLoss(this.vm, loss);
    return this.name === null ? failure : lossOf(this.name, failure);
  }

  /** An interactive shell beside the agent. */
  shell(terminal: { readonly term: string; readonly rows: number; readonly cols: number }): Promise<Duplex> {
    return this.#ssh.shell(terminal);
  }

  /** Ends the session and leaves the guest running. */
  disconnect(): void {
    this.#agent.close();
    this.#ssh.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disconnect();
    await this.vm[Symbol.asyncDispose]();
  }
}

/** What the start of a guest needs beside what it is. */
export interface StartOptions extends VmOptions {
  readonly limits: GuestLimits;
  /** Told when a part of the start is over, for the phases of a cell. */
  readonly onEnd?: ((part: 'boot' | 'clone') => void) | undefined;
}

/**
 * Boots a guest and connects to its agent.
 * Throws `GuestFailure` when the guest dies or hangs, `BpfrigError` `infra` when the host fails.
 */
export async function bootGuest(spec: GuestSpec, options: StartOptions, ram?: Ram): Promise<BootedGuest> {
  const keys = await makeGuestKeys();
  const initrd = join(options.dir, 'initramfs');
  await writeFile(initrd, Buffer.concat([await readFile(spec.initrd), keyPart(keys)]));
  const vm = await bootVm({ ...spec, initrd }, { ...options, timeoutMs: options.limits.bootMs }, ram);
  options.onEnd?.('boot');
  return { vm, guest: await connectGuest(vm, keys, options.limits) };
}

/** A guest that was booted, from outside and from inside. */
export interface BootedGuest {
  readonly vm: BootedVm;
  readonly guest: RunningGuest;
}

/** Opens the channel to the agent of a guest that is up. Disposes of the guest when that fails. */
export async function connectGuest(vm: Vm, keys: GuestKeys, limits: GuestLimits): Promise<RunningGuest> {
  let ssh: SshSession | null = null;
  try {
    ssh = await SshSession.connect({ port: vm.sshPort, keys }, limits.connectMs);
    const agent = new AgentClient(await ssh.forward(AGENT_PORT), limits);
    const hello = await agent.request<Hello>({ op: 'hello' });
    return new RunningGuest(vm, ssh, agent, hello, keys);
  } catch (error) {
    const failure = error instanceof ChannelLostError && error.loss !== 'closed' ? error.loss : null;
    const fatal =
      vm.end() !== null || failure !== null ? await attributeLoss(vm, failure ?? 'channel-closed') : error;
    ssh?.close();
    await vm[Symbol.asyncDispose]();
    throw fatal;
  }
}

/** How long a closed channel may be the first sign of a panic whose text is still on its way to the console. */
const DRAIN_MS = 2_000;

/** Drains the console of a guest that was lost, then says whose fault it was. */
export async function attributeLoss(vm: Vm, loss: ChannelLoss): Promise<GuestFailure> {
  const deadline = Date.now() + DRAIN_MS;
  let end = vm.end();
  await vm.console.poll();
  while (!vm.console.panicked && end === null && Date.now() < deadline) {
    await sleep(50);
    // In this order: what QEMU wrote before it ended is then on the console for sure.
    end = vm.end();
    await vm.console.poll();
  }
  const { kind, message } = classifyLoss({ sign: loss, ...vm.console.trouble, end });
  const detail = kind === 'hang' ? await vm.postMortem() : null;
  return new GuestFailure(kind, message, vm.console.tail, detail);
}
