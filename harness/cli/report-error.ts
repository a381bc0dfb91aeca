import { CommanderError } from 'commander';
import { EXIT } from '../model/exit-code.ts';
import { logText } from '../report/text.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';

/** Prints what was thrown, with its stack where it is a fault of bpfrig's own, and returns the exit code. */
export function reported(error: unknown): number {
  // Printed by commander.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (!(error instanceof BpfrigError)) {
    // A system call that failed is the host's fault, and a stack says nothing about it.
    const isHost = error instanceof Error && 'syscall' in error;
    console.error(`bpfrig: ${isHost ? 'the host: ' : ''}${logText(messageOf(error))}`);
    if (!isHost) console.error(error instanceof Error ? logText(error.stack ?? '') : '');
    return EXIT.infra;
  }
  console.error(`bpfrig: ${logText(messageOf(error))}`);
  const more = withoutMessage(error);
  if (more !== '') console.error(logText(more));
  return error.code === 'usage' || error.code === 'scenario' ? EXIT.usage : EXIT.infra;
}

/** The long text of an error without a first line that its message has said: a list of problems begins with the one that the message is. */
function withoutMessage({ message, detail }: BpfrigError): string {
  const [first = '', ...rest] = (detail ?? '').split('\n');
  return message.startsWith(first) ? rest.join('\n') : (detail ?? '');
}
