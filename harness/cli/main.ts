import { Command, CommanderError } from 'commander';
import { EXIT } from '../run/exit-code.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { doctorCommand } from './doctor.ts';
import { kernelsCommand } from './kernels.ts';
import { reportCommand } from './report.ts';
import { runCommand } from './run.ts';
import { selftestCommand } from './selftest.ts';
import { shellCommand } from './shell.ts';

/** The command line: one file a command beside this one. */
export function program(): Command {
  const root = new Command('bpfrig')
    .description('Runs eBPF/XDP scenarios on real kernels: exact packets, counted by the kernel, judged.')
    .configureHelp({ helpWidth: 100 })
    .exitOverride()
    .addHelpText('after', EXIT_CODES);
  const commands = [runCommand, selftestCommand, kernelsCommand, reportCommand, shellCommand, doctorCommand];
  for (const command of commands) root.addCommand(command().exitOverride().configureHelp({ helpWidth: 100 }));
  return root;
}

const EXIT_CODES = `
Exit codes: 0 all good; 1 a cell is fail, panic, hang or fixed; 2 usage or an invalid scenario;
3 infra or error and nothing worse; 4 nothing ran, or every cell was skipped; 130, 143 signals.
`;

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

process.exit(await main(process.argv.slice(2)));
