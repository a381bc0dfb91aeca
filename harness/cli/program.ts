import { Command } from 'commander';
import { VERSION } from '../util/version.ts';
import { bisectCommand } from './bisect.ts';
import { compareCommand } from './compare.ts';
import { benchCommand } from './bench.ts';
import { completeCommand, completionCommand } from './completion.ts';
import { doctorCommand } from './doctor.ts';
import { execCommand } from './exec.ts';
import { initCommand } from './init.ts';
import { kernelsCommand } from './kernels.ts';
import { explainCommand, listCommand } from './list.ts';
import { loadCommand } from './load.ts';
import { reportCommand } from './report.ts';
import { runCommand } from './run.ts';
import { selftestCommand } from './selftest.ts';
import { shellCommand } from './shell.ts';

/** The command line: one file per command next to this one. */
export function program(): Command {
  const root = new Command('bpfrig')
    .description('Runs eBPF/XDP scenarios on real kernels: exact packets, counted by the kernel, judged.')
    .version(VERSION, '--version', 'print the version')
    .addHelpText('after', EXIT_CODES);
  const commands = [
    runCommand,
    loadCommand,
    selftestCommand,
    kernelsCommand,
    reportCommand,
    compareCommand,
    bisectCommand,
    execCommand,
    shellCommand,
    listCommand,
    explainCommand,
    doctorCommand,
    initCommand,
    benchCommand,
    completionCommand,
  ];
  for (const command of commands) root.addCommand(command());
  root.addCommand(completeCommand(), { hidden: true });
  return settle(root);
}

/** For commands and theirs alike: errors are thrown, since commander's own exit codes are not ours; help has one width. */
function settle(command: Command): Command {
  command.exitOverride().configureHelp({ helpWidth: 100 });
  command.commands.forEach(settle);
  return command;
}

const EXIT_CODES = `
Exit codes: 0 all good; 1 a cell is fail, panic, hang or fixed; 2 usage or an invalid scenario;
3 infra or error and nothing worse, or the command did not come to its end; 4 nothing ran, or every cell
was skipped; 129, 130, 143 signals.
With run --git-bisect: 0 good, 1 bad, 125 cannot be judged.
`;
