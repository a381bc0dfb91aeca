import { AGENT_ENDED_MARK } from './console.ts';
import { drainConsole } from './drain-console.ts';
import { classifyLoss, GuestFailure, type LossSign } from './failure.ts';
import type { Vm } from './vm.ts';

/** How long a sign of a loss may come before its cause: a panic's text, a reset, the agent's last words. */
const DRAIN_MS = 2_000;

/** What was noticed of a loss. */
export interface Noticed {
  readonly sign: LossSign;
  /** The request that was not answered, for `no-answer`. */
  readonly op?: string | null;
  /** What was wrong, for `no-channel` and `bad-line`. */
  readonly what?: string | null;
}

/** Drains the console of a guest that was lost, asks QEMU how it is, then decides whose fault the loss was. */
export async function attributeLoss(vm: Vm, noticed: Noticed): Promise<GuestFailure> {
  const until = noticed.sign === 'channel-closed' ? AGENT_ENDED_MARK : null;
  await drainConsole(vm, until, DRAIN_MS);
  // Asked even of a guest that is not silent: the host may have closed the channel.
  const hostTrouble = vm.end() === null ? await vm.hostTrouble() : null;
  const { panicked, complaint } = vm.console.trouble;
  const { agent } = vm.console;
  const { kind, message } = classifyLoss({
    ...noticed,
    panicked: panicked || vm.panicked,
    complaint,
    agent,
    // Read last: the answer to the question may have been the end.
    end: vm.end(),
    hostTrouble,
  });
  const detail = kind === 'hang' ? await vm.postMortem() : null;
  return new GuestFailure(kind, message, vm.console.tail, detail);
}
