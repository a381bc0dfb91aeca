import { join } from 'node:path';
import { Argument, Command } from 'commander';
import { EXIT } from '../model/exit-code.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';
import { completions } from './completion/complete.ts';
import { askCommand, SCRIPTS } from './completion/scripts.ts';

/** `bpfrig completion`: what a shell needs to complete bpfrig's commands. */
export function completionCommand(): Command {
  return new Command('completion')
    .description('Print what a shell needs to complete commands, options, kernels, reporters and scenarios.')
    .addArgument(new Argument('<shell>', 'which').choices(Object.keys(SCRIPTS)))
    .addHelpText(
      'after',
      `
bash, in ~/.bashrc:                     eval "$(PATH/TO/bpfrig completion bash)"
zsh, in ~/.zshrc, behind compinit:      eval "$(PATH/TO/bpfrig completion zsh)"
fish, in ~/.config/fish/config.fish:    PATH/TO/bpfrig completion fish | source
`,
    )
    .action((shell: string) => {
      const ask = askCommand(process.execPath, join(PACKAGE_ROOT, 'dist', 'cli', 'main.js'));
      process.stdout.write(SCRIPTS[shell]?.(ask) ?? '');
      process.exitCode = EXIT.ok;
    });
}

/** `bpfrig complete -- WORDS...`: what the shells' scripts ask. The last word is the one that is completed, possibly ''. */
export function completeCommand(): Command {
  const command = new Command('complete').description('What the shells ask, by the script of `completion`.');
  return command.argument('[words...]').action(async (words, _flags, self: Command) => {
    const found = self.parent === null ? [] : await completions(self.parent, words as string[]);
    process.stdout.write(found.map(({ value, about }) => `${value}\t${about}\n`).join(''));
    process.exitCode = EXIT.ok;
  });
}
