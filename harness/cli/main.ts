import { CommanderError } from 'commander';
import { EXIT } from '../model/exit-code.ts';
import { gitBisectCode } from '../run/git-bisect.ts';
import { endOnSignals } from '../run/interrupt.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { logText } from '../report/text.ts';
import { abandonRuns } from './open-runs.ts';
import { watchOutput } from './output.ts';
import { preparedWords, program } from './program.ts';

/** Runs the command line and returns the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(preparedWords(argv), { from: 'user' });
    return Number(process.exitCode);
  } catch (error) {
    return reported(error);
  }
}

/** Prints what was thrown, with its stack where it is a fault of bpfrig's own, and returns the exit code. */
function reported(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (!(error instanceof BpfrigError)) {
    // A system call that failed is the host's fault, and a stack says nothing about it.
    const isHost = error instanceof Error && 'syscall' in error;
    console.error(`bpfrig: ${isHost ? 'the host: ' : ''}${logText(messageOf(error))}`);
    if (!isHost) console.error(error instanceof Error ? logText(error.stack ?? '') : '');
    return EXIT.infra;
  }
  console.error(`bpfrig: ${logText(messageOf(error))}`);
  if (error.detail !== null) console.error(logText(error.detail));
  return error.code === 'usage' || error.code === 'scenario' ? EXIT.usage : EXIT.infra;
}

const argv = process.argv.slice(2);

function exit(code: number): never {
  process.exit(argv.includes('--git-bisect') ? gitBisectCode(code) : code);
}

const output = watchOutput();
endOnSignals();
// Only a command that comes to its end changes this: whatever ends the process before is no success.
process.exitCode = EXIT.infra;
// Also what a promise without a handler rejected with. Node's own code for it is 1, which would say that a cell is red.
process.on('uncaughtException', error => {
  reported(error);
  abandonRuns(`bpfrig itself failed: ${messageOf(error)}`);
  exit(EXIT.infra);
});
// The event loop is empty, and yet the command waits: what it waits for can never happen.
process.on('beforeExit', () => {
  if (!abandonRuns('bpfrig waits for something that cannot happen any more'))
    console.error(
      'bpfrig: the command did not come to its end: it waits for something that cannot happen any more',
    );
  exit(EXIT.infra);
});
process.on('exit', code => {
  if (abandonRuns('the process ended early') && code === EXIT.ok) process.exitCode = EXIT.infra;
});

const code = await main(argv);
const written = await output.settle();
exit(!written && (code === EXIT.ok || code === EXIT.nothing) ? EXIT.infra : code);
