import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { Command } from 'commander';
import { EXIT } from '../model/exit-code.ts';
import { BpfrigError } from '../util/errors.ts';
import { PROJECT_ROOT } from '../util/paths.ts';

/** What a new project begins as: a program, and a scenario for it that passes. */
const BEGINNING = join(PROJECT_ROOT, 'examples', 'own-program');
const SCHEMA = join(PROJECT_ROOT, 'harness', 'scenario', 'scenario.schema.json');

/** `bpfrig init DIR`: a new scenario project for the user's own BPF program. */
export function initCommand(): Command {
  return new Command('init')
    .description('A new scenario project for your own BPF program: a program, and a scenario that passes.')
    .argument('<dir>', 'folder to make; must be new or empty')
    .action(async (dir: string) => {
      const names = await makeProject(dir);
      console.log(names.map(name => join(dir, name)).join('\n'));
      const launcher = relative('.', join(PROJECT_ROOT, 'bpfrig'));
      console.log(`\nNext: ${launcher.includes('/') ? launcher : `./${launcher}`} run ${dir}`);
      process.exitCode = EXIT.ok;
    });
}

/** Fills an empty or new folder and returns the names of its files. Throws `usage` for a folder that has files. */
async function makeProject(dir: string): Promise<string[]> {
  const there = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new BpfrigError('usage', `init ${dir}: ${error.message}`);
  });
  if (there.length > 0)
    throw new BpfrigError('usage', `init ${dir}: the folder has files already; name a new one`);
  await mkdir(dir, { recursive: true });
  await cp(BEGINNING, dir, { recursive: true });
  const names = await readdir(dir);
  await Promise.all(names.filter(name => name.endsWith('.yaml')).map(name => pointToSchema(dir, name)));
  return names;
}

/** An editor finds the schema by a path that depends on where the file is. */
async function pointToSchema(dir: string, name: string): Promise<void> {
  const path = join(dir, name);
  const text = await readFile(path, 'utf8');
  const schema = relative(resolve(dir), SCHEMA);
  await writeFile(
    path,
    text.replace(/^# yaml-language-server: .*$/m, `# yaml-language-server: $$schema=${schema}`),
  );
}
