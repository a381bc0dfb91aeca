import { randomInt } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { AwakeClock } from '../util/awake-clock.ts';
import { messageOf } from '../util/errors.ts';
import { hostPressure } from '../util/host-pressure.ts';
import { LineSplitter } from '../util/line-splitter.ts';
import { AgentError, ChannelLostError, type ChannelLoss, type LostChannel } from './agent-error.ts';
import { answerOf, failureOf } from './answer-shape.ts';
import type { CallOptions, OpAnswer, OpArgs, OpName } from './protocol.ts';

interface Pending {
  readonly op: OpName;
  readonly askedAt: number;
  readonly timeoutMs: number;
  readonly resolve: (ok: never) => void;
  readonly reject: (error: unknown) => void;
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

/** Longest line of the agent's. The longest answers are logs of arrivals, 16 characters per packet, and files: some MiB. */
const LINE_MAX_BYTES = 64 * 1024 * 1024;

/** A line that has begun and does not end is the agent's fault from this length on; a guest that hangs may leave a short one. */
const BROKEN_LINE_BYTES = 256 * 1024;

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
  readonly #lines = new LineSplitter(LINE_MAX_BYTES);
  readonly #watch: NodeJS.Timeout;
  /** Silence is measured in the time in which this process could have heard something. */
  readonly #clock = new AwakeClock(CHECK_MS);
  #settleLost: (lost: LostChannel) => void = () => undefined;
  #nextId: number;
  #lastLife = 0;
  /** Whether a line was seen whole: the first one may have begun before this session. */
  #begun = false;
  /** Whether a request of ours was answered: from then on no answer is for the client before. */
  #answered = false;
  /** An answer to nobody, before that: for the client before, or of an agent that confuses ids. */
  #strange: string | null = null;
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
    let connected = !('connecting' in channel && channel.connecting === true);
    channel.once('connect', () => (connected = true));
    channel.on('data', (chunk: Buffer) => this.#onData(chunk));
    channel.on('error', error => {
      if (connected) this.#lose('channel-closed');
      else this.#lose('no-channel', { what: messageOf(error) });
    });
    channel.on('close', () => this.#lose('channel-closed'));
    void gone.then(() => this.#lose('channel-closed'));
    this.#watch = setInterval(() => this.#check(), CHECK_MS);
    // The client before may have left half a line, which would swallow the first request. The agent skips empty lines.
    channel.write('\n');
  }

  /** The ops that were asked for and are not answered, oldest first: what a cell waits for. */
  get open(): readonly string[] {
    return [...this.#pending.values()].map(({ op }) => op);
  }

  /**
   * Sends a request and returns the answer. Rejects with `AgentError`, with `AnswerShapeError` for an answer that is not as declared,
   * or with `ChannelLostError` when the channel is lost.
   */
  call<N extends OpName>(
    op: N,
    args: OpArgs<N>,
    { timeoutMs = this.#limits.answerMs, background = false }: CallOptions = {},
  ): Promise<OpAnswer<N>> {
    if (this.#over !== null) return Promise.reject(new ChannelLostError(op, this.#over));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { op, askedAt: this.#clock.tick(), timeoutMs, resolve, reject });
      this.#channel.write(`${JSON.stringify({ id, op, ...args, ...(background ? { bg: true } : {}) })}\n`);
    });
  }

  /** From now on no silence counts as a loss: somebody may hold the guest, as a debugger does. */
  waitForever(): void {
    clearInterval(this.#watch);
  }

  close(): void {
    this.#end('closed');
    this.#channel.destroy();
  }

  #onData(chunk: Buffer): void {
    this.#lastLife = this.#clock.now;
    try {
      for (const line of this.#lines.push(chunk)) {
        if (line === '') continue;
        const message = parse(line);
        if (message !== null) this.#onMessage(message, line);
        else if (this.#begun) throw new Error(`a line that is no JSON object: ${line.slice(0, 80)}`);
        this.#begun = true;
      }
    } catch (error) {
      this.#lose('bad-line', { what: messageOf(error) });
    }
  }

  #onMessage({ id, hb, ok, error }: Message, line: string): void {
    if (id === undefined && hb !== undefined) return;
    const pending = typeof id === 'number' ? this.#pending.get(id) : undefined;
    if (pending === undefined) {
      this.#strange = `an answer to no request: ${line.slice(0, 80)}`;
      if (this.#answered) throw new Error(this.#strange);
      return;
    }
    this.#answered = true;
    this.#pending.delete(id as number);
    const { op, resolve, reject } = pending;
    try {
      if (error === undefined) resolve(answerOf(op, ok) as never);
      else reject(new AgentError(op, failureOf(op, error)));
    } catch (wrong) {
      reject(wrong);
    }
  }

  #check(): void {
    const now = this.#clock.tick();
    const pressure = hostPressure();
    const late = [...this.#pending.values()].find(
      ({ askedAt, timeoutMs }) => now - askedAt > timeoutMs * pressure,
    );
    const silent = now - this.#lastLife > this.#limits.heartbeatMs * pressure;
    if (!silent && late === undefined) return;
    const { pendingBytes } = this.#lines;
    if (pendingBytes > BROKEN_LINE_BYTES)
      this.#lose('bad-line', { what: `a line of ${pendingBytes} bytes does not end` });
    else if (silent) this.#lose('no-heartbeat');
    else if (this.#strange !== null) this.#lose('bad-line', { what: this.#strange });
    else this.#lose('no-answer', { op: late?.op ?? null });
  }

  #lose(loss: ChannelLoss, { op = null, what = null }: Partial<LostChannel> = {}): void {
    if (this.#over !== null) return;
    this.#settleLost({ loss, op, what });
    this.#end(loss);
  }

  #end(how: ChannelLoss | 'closed'): void {
    this.#over ??= how;
    clearInterval(this.#watch);
    for (const { op, reject } of this.#pending.values()) reject(new ChannelLostError(op, how));
    this.#pending.clear();
  }
}

/** A line from the agent: an answer, or a heartbeat, which has `hb` and no id. Nothing of it is certain. */
interface Message {
  readonly id?: unknown;
  readonly hb?: unknown;
  readonly ok?: unknown;
  readonly error?: unknown;
}

function parse(line: string): Message | null {
  try {
    const message: unknown = JSON.parse(line);
    return isMessage(message) ? message : null;
  } catch {
    return null;
  }
}

/** Whether it is an object. What is inside is checked where the op is known: a wrong answer does not cost the channel. */
function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
