import { connect } from 'node:net';
import type { Probes } from '../kernel/probes.ts';
import { attributeLoss } from '../vm/attribute-loss.ts';
import type { Ram } from '../vm/devices.ts';
import { lossOf, type GuestFailure } from '../vm/failure.ts';
import type { HoldPoints } from '../vm/hold-points.ts';
import type { GuestSpec } from '../vm/spec.ts';
import { bootVm } from '../vm/start.ts';
import type { BootedVm, Vm, VmOptions } from '../vm/vm.ts';
import { AgentClient } from './agent-client.ts';
import { ChannelLostError, type LostChannel } from './agent-error.ts';
import type { AgentCaller, CallOptions, OpAnswer, OpArgs, OpName } from './protocol.ts';
import type { SshTarget } from './ssh.ts';
import { startSsh } from './start-ssh.ts';

/** What the agent reports of the guest at first. */
export type Hello = OpAnswer<'hello'>;

/** Time limits of a guest in milliseconds; `scale` stretches them all on a loaded or slow host. */
export function guestLimits(scale: number): {
  bootMs: number;
  heartbeatMs: number;
  answerMs: number;
} {
  return { bootMs: 60_000 * scale, heartbeatMs: 8_000 * scale, answerMs: 20_000 * scale };
}

/** Time limits as `guestLimits` returns them. */
export type GuestLimits = ReturnType<typeof guestLimits>;

/** What is known of a guest that is ready for a cell. */
export interface Ready {
  readonly probes: Probes;
  /** Where the kernel's log stood before the guest did anything for a cell: `since` of the agent's `kmsg`. */
  readonly logStart: number;
  /** Why no cell can be judged in it, one sentence: what counts could not be started. Null: all counts. */
  readonly uncounted: string | null;
  /** Detectors of the kernel that have switched themselves off since it booted, one sentence each. */
  readonly spent: readonly string[];
}

/** A guest that is up, with a channel to its agent. */
export class RunningGuest implements AgentCaller, AsyncDisposable {
  readonly vm: Vm;
  readonly hello: Hello;
  /** What `makeReady` found, in this guest or in the template that it is a clone of. */
  ready: Ready = { probes: {}, logStart: 0, uncounted: null, spent: [] };
  /** What messages call it once it is up: null for the only guest of a cell, and for the one under test. */
  name: string | null = null;
  /** How many times longer than on a distribution's kernel things take at most: `KernelCost.time`. */
  slowness = 1;
  readonly #agent: AgentClient;
  #failure: Promise<GuestFailure> | null = null;
  #ssh: Promise<SshTarget> | null = null;
  #holdPoints: Promise<HoldPoints> | null = null;

  constructor(vm: Vm, agent: AgentClient, hello: Hello) {
    this.vm = vm;
    this.hello = hello;
    this.#agent = agent;
  }

  /**
   * Calls an op of the agent. Throws `AgentError` when the agent or the kernel refuses, and `GuestFailure` with the cell's
   * verdict when the guest is lost meanwhile.
   */
  async call<N extends OpName>(op: N, args: OpArgs<N>, options?: CallOptions): Promise<OpAnswer<N>> {
    try {
      return await this.#agent.call(op, args, options);
    } catch (error) {
      if (error instanceof ChannelLostError && error.loss !== 'closed')
        throw await this.#attribute(await this.#agent.lost);
      throw error;
    }
  }

  /** Does work that may be waiting for something else than the agent, and ends it with `GuestFailure` as soon as the guest is lost. */
  async whileAlive<T>(work: Promise<T>): Promise<T> {
    const lost = this.#agent.lost.then(async loss => {
      throw await this.#attribute(loss);
    });
    // Nobody waits for whichever comes second.
    work.catch(() => undefined);
    lost.catch(() => undefined);
    return Promise.race([work, lost]);
  }

  async #attribute(lost: LostChannel): Promise<unknown> {
    // Once, for all requests that were open: it asks the guest where it hangs, which ends it.
    this.#failure ??= lossFailure(this.vm, lost);
    const failure = await this.#failure;
    return this.name === null ? failure : lossOf(this.name, failure);
  }

  /** Starts ssh in the guest, once, and opens a TCP port of the host for it: no guest has either without this call. */
  openSsh(): Promise<SshTarget> {
    this.#ssh ??= startSsh(this);
    return this.#ssh;
  }

  /** Opens a socket for a debugger: {@link Vm.openGdb}. From now on the guest may be silent for as long as somebody likes. */
  async openGdb(): Promise<string> {
    this.#agent.waitForever();
    return await this.vm.openGdb();
  }

  /** What holds CPUs of the guest: {@link Vm.openHoldPoints}, opened by the first call. */
  holdPoints(): Promise<HoldPoints> {
    this.#holdPoints ??= this.vm.openHoldPoints();
    return this.#holdPoints;
  }

  /** The ops that the agent was asked for and has not answered, oldest first. */
  get open(): readonly string[] {
    return this.#agent.open;
  }

  /** Ends the session and leaves the guest running. */
  disconnect(): void {
    this.#agent.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disconnect();
    await this.vm[Symbol.asyncDispose]();
  }
}

/** How a guest is started, apart from what it is. */
export interface StartOptions extends VmOptions {
  readonly limits: GuestLimits;
  /** Called when a part of the start is over, for the phases of a cell. */
  readonly onEnd?: ((part: 'boot' | 'clone') => void) | undefined;
}

/** A guest that was booted, from outside and from inside. */
export interface BootedGuest {
  readonly vm: BootedVm;
  readonly guest: RunningGuest;
}

/**
 * Boots a guest and connects to its agent.
 * Throws `GuestFailure` when the guest dies or hangs, `BpfrigError` `infra` when the host fails.
 */
export async function bootGuest(spec: GuestSpec, options: StartOptions, ram?: Ram): Promise<BootedGuest> {
  const vm = await bootVm(spec, { ...options, timeoutMs: options.limits.bootMs }, ram);
  options.onEnd?.('boot');
  return { vm, guest: await connectGuest(vm, options.limits) };
}

/**
 * Opens the channel to the agent of a guest that is up; a clone is made its own by `renewal` in the same round trip.
 * Disposes of the guest when that fails.
 */
export async function connectGuest(
  vm: Vm,
  limits: GuestLimits,
  renewal: OpArgs<'renew'> | null = null,
): Promise<RunningGuest> {
  // The socket is there since before QEMU answered by QMP.
  const agent = new AgentClient(connect(vm.agentSocket), limits, vm.agentGone);
  try {
    const [hello] = await Promise.all([
      agent.call('hello', {}),
      renewal === null ? null : agent.call('renew', renewal),
    ]);
    return new RunningGuest(vm, agent, hello);
  } catch (error) {
    const lost = error instanceof ChannelLostError && error.loss !== 'closed';
    const fatal = lost ? await lossFailure(vm, await agent.lost) : error;
    agent.close();
    await vm[Symbol.asyncDispose]();
    throw fatal;
  }
}

async function lossFailure(vm: Vm, { loss, op, what }: LostChannel): Promise<GuestFailure> {
  return await attributeLoss(vm, { sign: loss, op, what });
}
