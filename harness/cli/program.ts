import { Command, Help, type Option } from 'commander';
import { didYouMean } from '../util/nearest.ts';
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
import { shellCommand } from './shell/shell.ts';

/** The command line: one file per command next to this one. */
export function program(): Command {
  const root = new Command('bpfrig')
    .description('Runs eBPF/XDP scenarios on real kernels: exact packets, counted by the kernel, judged.')
    .version(VERSION, '--version', 'print the version')
    // For `exec`, which leaves what follows its command to that.
    .enablePositionalOptions()
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

/**
 * Words of a command line as the parser is to read them: `--keep` may have a value behind `=` alone, since what follows it is a path.
 */
export function preparedWords(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((word, index) => (word === '--keep' && (end < 0 || index < end) ? '--keep=red' : word));
}

/** For commands and theirs alike: errors are thrown, since commander's own exit codes are not ours, and begin as all others; help has one width. */
function settle(command: Command): Command {
  command
    .exitOverride()
    .configureHelp({ helpWidth: 100, optionDescription: describeOption })
    .configureOutput({
      outputError: (text, write) => write(withNearest(text.replace(/^error: /, 'bpfrig: '))),
    });
  command.commands.forEach(settle);
  return command;
}

/** What a list or a mapping begins as says nothing to a reader. */
function describeOption(option: Option): string {
  return new Help().optionDescription(option).replace(/ \(default: (?:\[\]|\{\})\)$/, '');
}

/** Commander proposes the nearest command and option, and none of an option's choices. */
function withNearest(text: string): string {
  const [, given, choices] = / '([^']*)' is invalid.* Allowed choices are (.*)\.$/m.exec(text) ?? [];
  if (given === undefined || choices === undefined) return text;
  const guess = didYouMean(given, choices.split(', '));
  return guess === '' ? text : text.replace(/\.\n$/, `${guess}\n`);
}

const EXIT_CODES = `
Exit codes: 0 all good; 1 a cell is fail, panic, hang or fixed; 2 usage or an invalid scenario;
3 infra or error and nothing worse, or the command did not come to its end; 4 nothing ran, or every cell
was skipped; 129, 130, 143 signals.
With run --git-bisect: 0 good, 1 bad, 125 cannot be judged.
`;
