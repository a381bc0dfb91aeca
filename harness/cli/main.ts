import { CommanderError } from 'commander';
import { EXIT } from '../run/exit-code.ts';
import { gitBisectCode } from '../run/git-bisect.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { logText } from '../report/text.ts';
import { program } from './program.ts';

/** Runs the command line and returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    process.exitCode = EXIT.ok;
    await program().parseAsync([...argv], { from: 'user' });
    return Number(process.exitCode);
  } catch (error) {
    return reported(error);
  }
}

/** Prints what was thrown, with its stack where it is a fault of bpfrig's own, and returns the exit code. */
function reported(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  console.error(`bpfrig: ${logText(messageOf(error))}`);
  if (!(error instanceof BpfrigError)) {
    console.error(error instanceof Error ? logText(error.stack ?? '') : '');
    return EXIT.infra;
  }
  if (error.detail !== null) console.error(logText(error.detail));
  return error.code === 'usage' || error.code === 'scenario' ? EXIT.usage : EXIT.infra;
}

function exit(code: number): never {
  process.exit(argv.includes('--git-bisect') ? gitBisectCode(code) : code);
}

const argv = process.argv.slice(2);
// Also what a promise without a handler rejected with. Node's own code for it is 1, which would say that a cell is red.
process.on('uncaughtException', error => {
  reported(error);
  exit(EXIT.infra);
});
exit(await main(argv));
