import { preparedWords, program } from './program.ts';
import { reported } from './report-error.ts';

/** Runs a command line and returns its exit code. What it throws is printed. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(preparedWords(argv), { from: 'user' });
    return Number(process.exitCode);
  } catch (error) {
    return reported(error);
  }
}
