import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { Command } from 'commander';
import { EXIT } from '../model/exit-code.ts';
import { PROJECT_FILE } from '../scenario/project-file.ts';
import { BpfrigError } from '../util/errors.ts';
import { launcher, quote } from '../util/launcher.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';

/** What a new project begins as. */
const BEGINNING = join(PACKAGE_ROOT, 'examples', 'project');

/** Where a project keeps the schemas, so that an editor finds them on every machine. */
const SCHEMAS_IN_PROJECT = '.bpfrig';
const SCHEMAS = ['scenario.schema.json', 'project.schema.json'].map(name =>
  join(PACKAGE_ROOT, 'harness', 'scenario', name),
);

/** `bpfrig init DIR`: a project for the user's own BPF programs. */
export function initCommand(): Command {
  return new Command('init')
    .description(
      'A new project for your own BPF programs: bpfrig.yaml, a program, tests of it that pass, and a workflow.',
    )
    .argument('<dir>', 'folder to make: new, or with nothing but a Git repository and what npm puts there')
    .option('--schemas', 'of a project that exists: only renew its copies of the schemas, for the editor')
    .action(async (dir: string, { schemas = false }: { schemas?: boolean }) => {
      const names = schemas ? await renewSchemas(dir) : await makeProject(dir);
      console.log(names.map(name => join(dir, name)).join('\n'));
      if (!schemas) console.log(`\nNext: ${nextCommand(dir)}`);
      process.exitCode = EXIT.ok;
    });
}

/** What to do first in a project. */
function nextCommand(dir: string): string {
  const how = launcher(resolve(dir));
  // npm has it for another folder, or for everybody: whoever clones the project has it only when the project says so.
  const install =
    how === 'bpfrig' && !existsSync(join(dir, 'package.json')) ? ['npm install --save-dev bpfrig'] : [];
  const enter = resolve(dir) === process.cwd() ? [] : [`cd ${quote(dir)}`];
  return [...enter, ...install, `${install.length > 0 ? 'npx bpfrig' : how} run`].join(' && ');
}

/** Fills an empty or new folder and returns the names of its files. Throws `usage` for a folder that has files. */
async function makeProject(dir: string): Promise<string[]> {
  const there = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new BpfrigError('usage', `init ${dir}: ${error.message}`);
  });
  // A repository that was just made, and a folder into which npm has just installed bpfrig.
  const others = there.filter(name => !HARMLESS.has(name));
  if (others.length > 0)
    throw new BpfrigError(
      'usage',
      `init ${dir}: the folder has files already (${others[0]}); name a new one`,
    );
  await mkdir(dir, { recursive: true });
  await cp(BEGINNING, dir, { recursive: true, filter: path => !HARMLESS.has(basename(path)) });
  const schemas = await renewSchemas(dir);
  const names = await filesBelow(BEGINNING);
  await Promise.all(names.filter(name => name.endsWith('.yaml')).map(name => pointToSchema(dir, name)));
  return [...names, ...schemas];
}

/** What may be in the folder of a new project, and is not in the one that it is copied from. */
const HARMLESS = new Set(['.git', 'node_modules', 'package.json', 'package-lock.json', 'results']);

async function filesBelow(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter(entry => entry.isFile());
  return files.map(({ parentPath, name }) => relative(dir, join(parentPath, name))).toSorted();
}

async function renewSchemas(dir: string): Promise<string[]> {
  const there: readonly string[] = await readdir(dir).catch(() => []);
  if (!there.includes(PROJECT_FILE))
    throw new BpfrigError('usage', `init ${dir}: there is no ${PROJECT_FILE} in it`);
  await mkdir(join(dir, SCHEMAS_IN_PROJECT), { recursive: true });
  await Promise.all(SCHEMAS.map(path => cp(path, join(dir, SCHEMAS_IN_PROJECT, basename(path)))));
  return SCHEMAS.map(path => join(SCHEMAS_IN_PROJECT, basename(path)));
}

/** An editor finds the schema by a path that depends on where the file is. */
async function pointToSchema(dir: string, name: string): Promise<void> {
  const path = join(dir, name);
  const text = await readFile(path, 'utf8');
  const schemas = relative(dirname(path), join(dir, SCHEMAS_IN_PROJECT));
  await writeFile(path, text.replace(/^(# yaml-language-server: \$schema=).*\/([^/]+)$/m, `$1${schemas}/$2`));
}
