import { BpfrigError } from '../util/errors.ts';
import type { VmEnd } from './process.ts';

/** Why a guest was lost: its kernel died, it does not respond, or the host took it away. */
export type LossKind = 'panic' | 'hang' | 'infra';

/** A guest that was lost. Its `kind` is the verdict of the cell. `detail`: of a guest that hangs, where its CPUs stand. */
export class GuestFailure extends BpfrigError {
  readonly kind: LossKind;
  readonly consoleTail: readonly string[];

  constructor(kind: LossKind, message: string, consoleTail: readonly string[], detail: string | null = null) {
    super('guest', message, { detail });
    this.kind = kind;
    this.consoleTail = consoleTail;
  }
}

/** The same failure with the name of the guest in its message: for a cell with two guests. */
export function lossOf(name: string, error: unknown): unknown {
  if (error instanceof GuestFailure) {
    const { kind, message, consoleTail, detail } = error;
    return new GuestFailure(kind, `${name}: ${message}`, consoleTail, detail);
  }
  if (error instanceof BpfrigError) {
    const { code, message, detail } = error;
    return new BpfrigError(code, `${name}: ${message}`, { detail, cause: error });
  }
  return error;
}

/** What was noticed first when a guest was lost. */
export type LossSign = 'boot-timeout' | 'no-heartbeat' | 'no-answer' | 'channel-closed' | 'qemu-exit';

/** What is known of a lost guest after its console was drained. */
export interface LossFacts {
  readonly sign: LossSign;
  /** The request that was not answered, for `no-answer`. */
  readonly op?: string | null;
  readonly panicked: boolean;
  /** The first complaint in the kernel's log, if any. */
  readonly complaint: string | null;
  readonly end: VmEnd | null;
}

/**
 * Whose fault a loss is. An oops outranks a lost connection: whatever was noticed first, a panic on the console is a panic.
 * A QEMU that ended without one was taken by the host. A QEMU that lives but whose guest is silent hangs. A port that the
 * agent closed in a living guest is a dead agent, which is ours.
 */
export function classifyLoss({ sign, op = null, panicked, complaint, end }: LossFacts): {
  kind: LossKind;
  message: string;
} {
  if (panicked) {
    const why = complaint === null ? '' : `: ${complaint}`;
    return { kind: 'panic', message: `the kernel panicked${why}` };
  }
  if (end !== null) {
    const how = end.signal === null ? `exit code ${end.exitCode}` : `signal ${end.signal}`;
    const why = end.stderr === '' ? '' : `: ${end.stderr.split('\n').at(-1)}`;
    return { kind: 'infra', message: `QEMU ended in mid-cell (${how}${why})` };
  }
  if (sign === 'channel-closed')
    return { kind: 'infra', message: 'the agent in the guest died: its channel was closed' };
  if (sign === 'boot-timeout')
    return { kind: 'hang', message: 'the guest did not come up in time and gives no sign of life' };
  const what =
    sign === 'no-answer' ? `${op ?? 'a request'} was not answered in time` : 'the agent sent no heartbeat';
  return { kind: 'hang', message: `the guest gives no sign of life: ${what}` };
}
