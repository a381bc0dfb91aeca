import { lstat, mkdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BpfrigError } from '../../util/errors.ts';
import { hostCommand } from '../../util/host-command.ts';

/** How long git may take to list a kernel's tree, in milliseconds: 90,000 files. */
const LIST_MS = 5 * 60_000;

/**
 * What counts at the top of a tree, instead of its .gitignore: that of Debian's sources ignores everything there. What follows is left by builds, or
 * is none of the kernel's.
 */
const AT_THE_TOP = [
  '!/*',
  '/.*',
  '/*.[oas]',
  '/vmlinux*',
  '/System.map',
  '/Module.symvers',
  '/modules*',
  '/debian',
];

/** How many links are made at once. */
const AT_ONCE = 64;

/**
 * The sources of a kernel's tree, in alphabetical order, without what a build leaves: what the tree's own .gitignore files do not ignore. The tree need
 * not be a git repository. Throws `infra` when git is not there or fails, and when it finds no Makefile.
 */
export async function sourceFiles(dir: string, scratch: string, signal?: AbortSignal): Promise<string[]> {
  const gitDir = join(scratch, 'list.git');
  const run = async (args: readonly string[]): Promise<string> => {
    const options = { timeoutMs: LIST_MS, signal, maxOutputBytes: 64 << 20 };
    const result = await hostCommand('git', args, options);
    if (result.ok) return result.stdout;
    throw new BpfrigError('infra', `git could not list the sources of ${dir}`, { detail: result.stderr });
  };
  await run(['init', '--quiet', '--bare', gitDir]);
  // An empty index of its own: the same answer for a repository and for an unpacked tarball.
  const patterns = AT_THE_TOP.flatMap(pattern => ['-x', pattern]);
  const listed = await run(
    [
      ['-c', 'core.bare=false', '-c', 'core.excludesFile=/dev/null'],
      [`--git-dir=${gitDir}`, `--work-tree=${dir}`, '-C', dir],
      ['ls-files', '-z', '--others', '--exclude-per-directory=.gitignore'],
      patterns,
    ].flat(),
  );
  const files = listed.split('\0').filter(name => name !== '' && !name.endsWith('/'));
  if (files.includes('Makefile')) return files.sort();
  throw new BpfrigError('infra', `the .gitignore of ${dir} ignores its Makefile: remove that line`);
}

/**
 * Makes a folder hold a link to each source of a tree and nothing else, but for files that `own` replaces by texts of its own. A build that is given
 * such a folder sees a clean tree, whatever was built in the tree itself. Only what has changed since the last time is touched, so that
 * make builds only that.
 */
export async function linkSources(
  dir: string,
  files: readonly string[],
  folder: string,
  own: ReadonlyMap<string, string>,
): Promise<void> {
  const list = `${folder}.list`;
  const before = new Set((await readFile(list, 'utf8').catch(() => '')).split('\0'));
  const wanted = new Set(files);
  const gone = [...before].filter(name => name !== '' && !wanted.has(name));
  await inPieces(gone, name => rm(join(folder, name), { force: true }));
  await inPieces(files, async name => {
    const text = own.get(name);
    if (text !== undefined) await writeChanged(join(folder, name), text);
    else if (!before.has(name)) await link(join(dir, name), join(folder, name));
  });
  await writeFile(list, files.join('\0'));
}

async function link(target: string, path: string): Promise<void> {
  if ((await readlink(path).catch(() => null)) === target) return;
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { force: true });
  await symlink(target, path);
}

/** Writes a file whose time changes only with its text. A link in its place is replaced, never written through. */
async function writeChanged(path: string, text: string): Promise<void> {
  const seen = await lstat(path).catch(() => null);
  if (seen?.isFile() && (await readFile(path, 'utf8')) === text) return;
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { force: true });
  await writeFile(path, text);
}

async function inPieces<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < items.length; at += AT_ONCE)
    await Promise.all(items.slice(at, at + AT_ONCE).map(work));
}
