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

/** How a channel to the agent was lost. */
export type ChannelLoss = 'channel-closed' | 'no-heartbeat' | 'no-answer';

/** A lost channel, and for `no-answer` the op that was not answered. */
export interface LostChannel {
  readonly loss: ChannelLoss;
  readonly op: string | null;
}

/** A request that was open, or was made, when the channel was lost or closed. */
export class ChannelLostError extends BpfrigError {
  readonly loss: ChannelLoss | 'closed';

  constructor(op: string, loss: ChannelLoss | 'closed') {
    super('agent', `${op}: the channel to the agent is lost (${loss})`);
    this.loss = loss;
  }
}
