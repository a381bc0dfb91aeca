import { CommanderError } from 'commander';
import { EXIT } from '../run/exit-code.ts';
import { gitBisectCode } from '../run/git-bisect.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { program } from './program.ts';

/** Runs the command line and gives the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    process.exitCode = EXIT.ok;
    await program().parseAsync([...argv], { from: 'user' });
    return Number(process.exitCode);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    console.error(`bpfrig: ${messageOf(error)}`);
    if (error instanceof BpfrigError && error.detail !== null) console.error(error.detail);
    if (!(error instanceof BpfrigError)) console.error(error instanceof Error ? error.stack : '');
    return exitOf(error);
  }
}

function exitOf(error: unknown): number {
  const code = error instanceof BpfrigError ? error.code : 'harness';
  return code === 'usage' || code === 'scenario' ? EXIT.usage : EXIT.infra;
}

const argv = process.argv.slice(2);
const code = await main(argv);
process.exit(argv.includes('--git-bisect') ? gitBisectCode(code) : code);
