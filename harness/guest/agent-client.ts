import { randomInt } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { hostPressure } from '../util/host-pressure.ts';
import {
  AgentError,
  ChannelLostError,
  type AgentFailure,
  type ChannelLoss,
  type LostChannel,
} from './agent-error.ts';
import type { CallOptions, OpAnswer, OpArgs, OpName } from './protocol.ts';

interface Pending {
  readonly op: string;
  readonly askedAt: number;
  readonly timeoutMs: number;
  readonly resolve: (ok: never) => void;
  readonly reject: (error: Error) => void;
}

/** Limits of a client. */
export interface AgentLimits {
  /** Silence after which the guest counts as hanging, on a host that is not overloaded. The agent's heart beats every 500 ms. */
  readonly heartbeatMs: number;
  /** Longest time for an answer where the request names none, on a host that is not overloaded. */
  readonly answerMs: number;
}

/** Pause between two looks at the time limits. */
const CHECK_MS = 250;

/**
 * The orchestrator's side of the agent's protocol: requests with ids, answers in any order, a heartbeat.
 * When the channel is lost every open request is rejected and `lost` settles with the way it was lost.
 */
export class AgentClient {
  /** Settles once, when the channel is lost by anything but `close()`. */
  readonly lost: Promise<LostChannel>;
  readonly #channel: Duplex;
  readonly #limits: AgentLimits;
  readonly #pending = new Map<number, Pending>();
  readonly #watch: NodeJS.Timeout;
  #settleLost: (lost: LostChannel) => void = () => undefined;
  #nextId: number;
  #lastLife = Date.now();
  #over: ChannelLoss | 'closed' | null = null;

  /**
   * `gone` settles when the agent has closed its end, which a channel through QEMU does not show by itself. Ids of requests begin at
   * a random number: a late answer to the client before must not be taken for one of ours.
   */
  constructor(channel: Duplex, limits: AgentLimits, gone: Promise<void>, firstId = randomInt(1, 2 ** 30)) {
    this.#nextId = firstId;
    this.#channel = channel;
    this.#limits = limits;
    this.lost = new Promise(resolve => (this.#settleLost = resolve));
    createInterface({ input: channel }).on('line', line => this.#onLine(line));
    channel.on('close', () => this.#lose('channel-closed'));
    channel.on('error', () => this.#lose('channel-closed'));
    void gone.then(() => this.#lose('channel-closed'));
    this.#watch = setInterval(() => this.#check(), CHECK_MS);
  }

  /** Sends a request and returns the answer. Rejects with `AgentError`, or with `ChannelLostError` when the channel is lost. */
  call<N extends OpName>(
    op: N,
    args: OpArgs<N>,
    { timeoutMs = this.#limits.answerMs, background = false }: CallOptions = {},
  ): Promise<OpAnswer<N>> {
    if (this.#over !== null) return Promise.reject(new ChannelLostError(op, this.#over));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { op, askedAt: Date.now(), timeoutMs, resolve, reject });
      this.#channel.write(`${JSON.stringify({ id, op, ...args, ...(background ? { bg: true } : {}) })}\n`);
    });
  }

  close(): void {
    this.#end('closed');
    this.#channel.destroy();
  }

  #onLine(line: string): void {
    this.#lastLife = Date.now();
    const message = parse(line);
    if (message?.id === undefined) return;
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.error !== undefined) pending?.reject(new AgentError(pending.op, message.error));
    else pending?.resolve((message.ok ?? {}) as never);
  }

  #check(): void {
    const now = Date.now();
    const pressure = hostPressure();
    const late = [...this.#pending.values()].find(
      ({ askedAt, timeoutMs }) => now - askedAt > timeoutMs * pressure,
    );
    if (now - this.#lastLife > this.#limits.heartbeatMs * pressure) this.#lose('no-heartbeat');
    else if (late !== undefined) this.#lose('no-answer', late.op);
  }

  #lose(loss: ChannelLoss, op: string | null = null): void {
    if (this.#over !== null) return;
    this.#settleLost({ loss, op });
    this.#end(loss);
  }

  #end(how: ChannelLoss | 'closed'): void {
    this.#over ??= how;
    clearInterval(this.#watch);
    for (const { op, reject } of this.#pending.values()) reject(new ChannelLostError(op, how));
    this.#pending.clear();
  }
}

/** A line from the agent: an answer, or a heartbeat, which has no id. */
interface Message {
  readonly id?: number;
  readonly ok?: unknown;
  readonly error?: AgentFailure;
}

function parse(line: string): Message | null {
  try {
    const message: unknown = JSON.parse(line);
    return isMessage(message) ? message : null;
  } catch {
    // Not an answer; what was asked stays open and runs into its time limit.
    return null;
  }
}

/** Whether it can be answered by: an agent that was overwritten may say anything. */
function isMessage(value: unknown): value is Message {
  if (typeof value !== 'object' || value === null) return false;
  const { error } = value as { readonly error?: unknown };
  return error === undefined || (typeof error === 'object' && error !== null);
}
