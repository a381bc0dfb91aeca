import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { hostPressure } from '../util/host-pressure.ts';

/** What the agent says when it cannot do what was asked. */
export interface AgentFailure {
  /** `kernel`: a system call was refused. `request`: the request is wrong. `agent`: anything else. */
  readonly kind: 'kernel' | 'request' | 'agent';
  /** Errno by name, for kind `kernel`. */
  readonly errno: string;
  readonly code: number;
  readonly where: string;
  readonly message: string;
  /** Verifier log or the like. */
  readonly log: string | null;
}

/** A refused request. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly failure: AgentFailure;

  constructor(op: string, failure: AgentFailure) {
    const where = failure.where ? `${failure.where}: ` : '';
    super(`${op}: ${where}${failure.errno ? `${failure.errno}: ` : ''}${failure.message}`);
    this.failure = failure;
  }
}

/** One request without its id. See images/agent/PROTOCOL.md. */
export type AgentRequest = { readonly op: string } & Readonly<Record<string, unknown>>;

/** How a channel to the agent was lost. */
export type ChannelLoss = 'channel-closed' | 'no-heartbeat' | 'no-answer';

interface Pending {
  readonly op: string;
  readonly deadline: number;
  readonly resolve: (ok: never) => void;
  readonly reject: (error: Error) => void;
}

/** Limits of a client, in milliseconds. */
export interface AgentLimits {
  /** Silence after which the guest counts as hanging, on a host that is not overloaded. The agent's heart beats every 500 ms. */
  readonly heartbeatMs: number;
  /** Longest time for an answer where the request names none. */
  readonly answerMs: number;
}

/**
 * The orchestrator's side of the agent's protocol: requests with ids, answers in any order, a heartbeat.
 * When the channel is lost every open request is rejected and `lost` settles with the way it was lost.
 */
export class AgentClient {
  /** Settles once, when the channel is lost by anything but `close()`. */
  readonly lost: Promise<ChannelLoss>;
  readonly #channel: Duplex;
  readonly #limits: AgentLimits;
  readonly #pending = new Map<number, Pending>();
  readonly #watch: NodeJS.Timeout;
  #settleLost: (loss: ChannelLoss) => void = () => undefined;
  #nextId = 1;
  #lastLife = Date.now();
  #over: ChannelLoss | 'closed' | null = null;

  constructor(channel: Duplex, limits: AgentLimits) {
    this.#channel = channel;
    this.#limits = limits;
    this.lost = new Promise(resolve => (this.#settleLost = resolve));
    createInterface({ input: channel }).on('line', line => this.#onLine(line));
    channel.on('close', () => this.#lose('channel-closed'));
    // Of a forwarded channel the guest's side ends with the agent, and ours stays open until we close it.
    channel.on('end', () => this.#lose('channel-closed'));
    channel.on('error', () => this.#lose('channel-closed'));
    this.#watch = setInterval(() => this.#check(), 250);
  }

  /** Sends a request and gives what the agent answers. Rejects with `AgentError`, or with `ChannelLostError` when the channel is lost. */
  request<T = Record<string, unknown>>(request: AgentRequest, timeoutMs = this.#limits.answerMs): Promise<T> {
    if (this.#over !== null) return Promise.reject(new ChannelLostError(request.op, this.#over));
    const id = this.#nextId++;
    return new Promise<T>((resolve, reject) => {
      const pending = {
        op: request.op,
        deadline: Date.now() + timeoutMs,
        resolve: resolve as (ok: never) => void,
        reject,
      };
      this.#pending.set(id, pending);
      this.#channel.write(`${JSON.stringify({ id, ...request })}\n`);
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
    if (now - this.#lastLife > this.#limits.heartbeatMs * hostPressure()) this.#lose('no-heartbeat');
    else if ([...this.#pending.values()].some(({ deadline }) => now > deadline)) this.#lose('no-answer');
  }

  #lose(loss: ChannelLoss): void {
    if (this.#over !== null) return;
    this.#end(loss);
    this.#settleLost(loss);
  }

  #end(how: ChannelLoss | 'closed'): void {
    this.#over ??= how;
    clearInterval(this.#watch);
    for (const { op, reject } of this.#pending.values()) reject(new ChannelLostError(op, how));
    this.#pending.clear();
  }
}

/** A request that was open, or was made, when the channel was gone. */
export class ChannelLostError extends Error {
  override readonly name = 'ChannelLostError';
  readonly loss: ChannelLoss | 'closed';

  constructor(op: string, loss: ChannelLoss | 'closed') {
    super(`${op}: the channel to the agent is gone (${loss})`);
    this.loss = loss;
  }
}

interface Message {
  readonly id?: number;
  readonly ok?: Record<string, unknown>;
  readonly error?: AgentFailure;
}

function parse(line: string): Message | null {
  try {
    return JSON.parse(line) as Message;
  } catch {
    // Something else wrote to the agent's output; what was asked stays open and runs into its time limit.
    return null;
  }
}
