import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import t from 'tap';
import { PACKAGE_ROOT } from '../util/paths.ts';
import { preparedWords, program } from './program.ts';

/** Every command, and the commands of commands, by their names. */
function all(command: Command, path: readonly string[] = []): [string, Command][] {
  const own: [string, Command] = [[...path, command.name()].join(' '), command];
  return [own, ...command.commands.flatMap(child => all(child, [...path, command.name()]))];
}

/** Written by `npm run generate` (BPFRIG_UPDATE_GOLDEN=1); look at the difference before it is committed. */
const GOLDEN = join(PACKAGE_ROOT, 'harness', 'cli', 'testdata', 'help.txt');

t.test('every --help', async t => {
  const text = all(program())
    .map(([name, command]) => `## ${name}\n\n${command.helpInformation()}`)
    .join('\n');
  if (process.env['BPFRIG_UPDATE_GOLDEN'] === '1') writeFileSync(GOLDEN, text);
  t.equal(text, readFileSync(GOLDEN, 'utf8'), 'if the change is meant, run `npm run generate`');
});

t.test('what follows a bare --keep is a path', async t => {
  t.same(preparedWords(['run', '--keep', 'scenarios']), ['run', '--keep=red', 'scenarios']);
  t.same(preparedWords(['run', '--keep=always', 'x']), ['run', '--keep=always', 'x']);
  t.same(preparedWords(['exec', '--', 'x', '--keep']), ['exec', '--', 'x', '--keep']);
});

t.test('a wrong option of any command is thrown, not an exit of commander’s', async t => {
  for (const [name, command] of all(program())) {
    command.configureOutput({ writeErr: () => undefined });
    await t.rejects(
      command.parseAsync(['--no-such-option'], { from: 'user' }),
      { code: /^commander\./ },
      name,
    );
  }
});
