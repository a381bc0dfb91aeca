import { BpfrigError } from '../util/errors.ts';

/** Why the agent refused a request, as it stands on the wire: `fault_json()` in images/agent/core/request.c. */
export type AgentFailure = Fault &
  (
    | {
        /** A system call was refused. */
        readonly kind: 'kernel';
        /** By name. */
        readonly errno: string;
      }
    | {
        /** `request`: the request is wrong. `agent`: anything else. */
        readonly kind: 'request' | 'agent';
        readonly errno: null;
      }
  );

interface Fault {
  /** The errno's number for kind `kernel`; else 0. */
  readonly code: number;
  /** The system call for kind `kernel`; else the part of the agent, or a library. */
  readonly where: string;
  readonly message: string;
  /** Verifier log or the like. */
  readonly log: string | null;
}

/** A refused request. `detail` is the log. */
export class AgentError extends BpfrigError {
  readonly failure: AgentFailure;

  constructor(op: string, failure: AgentFailure) {
    const where = failure.where ? `${failure.where}: ` : '';
    const errno = failure.errno === null ? '' : `${failure.errno}: `;
    super('agent', `${op}: ${where}${errno}${failure.message}`, { detail: failure.log });
    this.failure = failure;
  }
}

/**
 * How a channel to the agent was lost. `no-channel`: this process could not connect. `bad-line`: the agent sent what is no answer to
 * anything.
 */
export type ChannelLoss = 'channel-closed' | 'no-channel' | 'no-heartbeat' | 'no-answer' | 'bad-line';

/** A lost channel. */
export interface LostChannel {
  readonly loss: ChannelLoss;
  /** For `no-answer`: the op that was not answered. */
  readonly op: string | null;
  /** For `no-channel` and `bad-line`: what was wrong. */
  readonly what: string | null;
}

/** A request that was open, or was made, when the channel was lost or closed. */
export class ChannelLostError extends BpfrigError {
  readonly loss: ChannelLoss | 'closed';

  constructor(op: string, loss: ChannelLoss | 'closed') {
    super('agent', `${op}: the channel to the agent is lost (${loss})`);
    this.loss = loss;
  }
}

/** An answer that does not have the shape which the op declares. The agent is broken, or is not ours; the kernel is not to blame. */
export class AnswerShapeError extends BpfrigError {
  constructor(op: string, why: string) {
    super('agent', `${op}: the agent's answer is not what the op declares: ${why}`);
  }
}
