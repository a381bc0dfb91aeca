import { BpfrigError } from '../util/errors.ts';
import { guestDid, qemuDid, type VmEnd } from './vm-end.ts';

/**
 * Why a guest was lost: its kernel died, it does not respond, its kernel took the agent away, the agent broke, or the host took the
 * guest away.
 */
export type LossKind = 'panic' | 'hang' | 'fail' | 'error' | 'infra';

/** A guest that was lost. Its `kind` is the verdict of the cell. `detail`: of a guest that hangs, where its CPUs stand. */
export class GuestFailure extends BpfrigError {
  readonly kind: LossKind;
  readonly consoleTail: readonly string[];

  constructor(kind: LossKind, message: string, consoleTail: readonly string[], detail: string | null = null) {
    super('guest', message, { detail });
    this.kind = kind;
    this.consoleTail = consoleTail;
  }

  /** The same failure with other words. */
  reworded(message: string): GuestFailure {
    return new GuestFailure(this.kind, message, this.consoleTail, this.detail);
  }
}

/** The same failure with the name of the guest in its message: for a cell with two guests. */
export function lossOf(name: string, error: unknown): unknown {
  if (error instanceof GuestFailure) return error.reworded(`${name}: ${error.message}`);
  if (error instanceof BpfrigError) {
    const { code, message, detail } = error;
    return new BpfrigError(code, `${name}: ${message}`, { detail, cause: error });
  }
  return error;
}

/**
 * What was noticed first when a guest was lost. `no-channel`: this process cannot connect to the agent's socket. `bad-line`: the agent
 * sent what is no answer.
 */
export type LossSign =
  | 'boot-timeout'
  | 'boot-halted'
  | 'no-heartbeat'
  | 'no-answer'
  | 'channel-closed'
  | 'no-channel'
  | 'bad-line'
  | 'qemu-exit';

/** What is known of a lost guest after its console was drained. */
export interface LossFacts {
  readonly sign: LossSign;
  /** The request that was not answered, for `no-answer`. */
  readonly op?: string | null;
  /** What was wrong, for `no-channel` and `bad-line`. */
  readonly what?: string | null;
  /** By the console's text or by the pvpanic device. */
  readonly panicked: boolean;
  /** The first complaint in the kernel's log, if any. */
  readonly complaint: string | null;
  /** How the agent's process ended, as the console has it. */
  readonly agent: AgentEnd;
  readonly end: VmEnd | null;
  /** Why a guest that is silent cannot be blamed: QEMU is stopped, does not answer, or holds the guest. Null where QEMU is well. */
  readonly hostTrouble: string | null;
}

/** The end of the agent's process, as far as the console tells. */
export interface AgentEnd {
  /** The kernel's line about the agent that it killed for its memory. */
  readonly oomKill: string | null;
  /** Status as the shell has it, 128 + the signal: init prints it. Null before that. */
  readonly status: number | null;
}

/** Whose fault a loss is, and in which words. */
export interface Loss {
  readonly kind: LossKind;
  readonly message: string;
}

/**
 * Whose fault a loss is; docs/architecture.md has the table. Facts before guesses: what the guest reported of itself (a panic, a
 * reset), then how QEMU ended, then what the console has about the agent. Silence comes last, and only of a QEMU that is well.
 */
export function classifyLoss(facts: LossFacts): Loss {
  const { sign, panicked, complaint, end } = facts;
  if (panicked) {
    const why = complaint === null ? '' : `: ${complaint}`;
    return { kind: 'panic', message: `the kernel panicked${why}` };
  }
  if (end !== null) {
    const did = guestDid(end);
    if (did === null) return { kind: 'infra', message: qemuDid(end) };
    return { kind: 'panic', message: complaint === null ? did : `${did}; before that: ${complaint}` };
  }
  if (sign === 'channel-closed') return agentLoss(facts);
  if (sign === 'no-channel')
    return { kind: 'infra', message: `no channel to the agent: ${facts.what ?? 'no reason given'}` };
  if (sign === 'bad-line')
    return { kind: 'error', message: `the agent does not speak its protocol: ${facts.what ?? ''}` };
  return silence(facts);
}

/** The agent closed its port, or somebody closed it, in a guest that lives. */
function agentLoss({ agent, complaint, hostTrouble }: LossFacts): Loss {
  if (hostTrouble !== null) return { kind: 'infra', message: hostTrouble };
  if (agent.oomKill !== null)
    return { kind: 'fail', message: `the kernel's OOM killer ended the agent: ${agent.oomKill}` };
  if (agent.status === null)
    return { kind: 'error', message: 'the channel to the agent was closed, and the guest does not say why' };
  if (complaint !== null)
    return { kind: 'fail', message: `the agent died after the kernel complained: ${complaint}` };
  const { status } = agent;
  const how = status > 128 ? `signal ${status - 128}` : `status ${status}`;
  return { kind: 'error', message: `the agent in the guest ended by itself (${how})` };
}

function silence({ sign, op, hostTrouble }: LossFacts): Loss {
  if (hostTrouble !== null) return { kind: 'infra', message: hostTrouble };
  if (sign === 'boot-timeout')
    return { kind: 'hang', message: 'the guest did not come up in time and gives no sign of life' };
  if (sign === 'boot-halted')
    return { kind: 'hang', message: 'the guest did not come up: all of its CPUs halted with interrupts off' };
  const what =
    sign === 'no-answer' ? `${op ?? 'a request'} was not answered in time` : 'the agent sent no heartbeat';
  return { kind: 'hang', message: `the guest gives no sign of life: ${what}` };
}
