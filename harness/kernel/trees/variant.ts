import { existsSync } from 'node:fs';
import { mkdir, readFile, realpath, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { architecture } from '../../arch/architectures.ts';
import type { Kernel, MeasuredSource, TreeVariant } from '../../model/kernel.ts';
import { BpfrigError } from '../../util/errors.ts';
import { hashKey } from '../../util/hash.ts';
import { withLock } from '../../util/lock.ts';
import { fetchPathKernel } from '../path.ts';
import { lostOptions, readFragment, withFragments, type Fragment } from './fragments.ts';
import { compilerName, configuredFor, makeTargets, type Make } from './make.ts';
import { linkSources, sourceFiles } from './source-links.ts';
import { checkTree, type TreeRequest } from './tree.ts';
import { GCOV, variantWords } from './words.ts';

/** The fragment that takes the place of a tree's own configuration. */
const GUEST = 'guest';

/** How many files are looked at at once. */
const AT_ONCE = 256;

/** A build of a variant: folders in the cache, and what goes into it. */
interface Build extends Make {
  readonly output: string;
  /** The tree itself; `dir` has links to its sources. */
  readonly tree: string;
  readonly variant: TreeVariant;
  readonly fragments: readonly Fragment[];
  /** The tree's .config; null: tinyconfig. */
  readonly config: string | null;
}

/**
 * Builds a variant of a kernel's tree outside of it, in the cache: the tree's .config, or tinyconfig with images/kconfig/guest.config where it has none or
 * `guest` is named, and fragments over it. The tree is only read. A build of which nothing has changed is taken as it is; else make builds what changed.
 * Throws `usage` for an option that Kconfig does not accept, and for a measured file that is not part of the kernel; `infra` with
 * the output of a build that fails.
 */
export async function fetchTreeVariant(request: TreeRequest, variant: TreeVariant): Promise<Kernel> {
  checkTree(request);
  const tree = await realpath(request.dir);
  const { id, spec, cacheDir, signal } = request;
  const words = variantWords(variant);
  const folder = join(cacheDir, 'trees', hashKey([tree, variant]));
  const own = !variant.fragments.includes(GUEST) && existsSync(join(tree, '.config'));
  const arch = own ? configuredFor(tree) : architecture('amd64');
  const names = [...(own ? [] : [GUEST]), ...variant.fragments.filter(name => name !== GUEST)];
  const fragments = await Promise.all(
    [...names, ...(variant.measured.length > 0 ? [GCOV] : [])].map(readFragment),
  );
  const build: Build = {
    spec,
    arch,
    signal,
    tree,
    variant,
    fragments,
    dir: join(folder, 'source'),
    output: join(folder, 'build'),
    config: own ? await readFile(join(tree, '.config'), 'utf8') : null,
  };
  const measured = await withLock(folder, () => bringUpToDate(build, folder, request), { signal });
  const image = join(build.output, arch.kernel.image);
  const notes = [`built from ${tree} with ${words}; only built-in features, no modules`];
  const kernel = await fetchPathKernel({ path: image, id, spec, cacheDir, notes });
  return { ...kernel, modulesDir: null, ...(measured.length > 0 && { measured }) };
}

/** Builds what has changed since the last time, and returns what the build measures. */
async function bringUpToDate(
  build: Build,
  folder: string,
  { onProgress }: TreeRequest,
): Promise<MeasuredSource[]> {
  const { tree, arch, output, variant, spec } = build;
  await mkdir(output, { recursive: true });
  const files = await sourceFiles(tree, folder, build.signal);
  const image = join(output, arch.kernel.image);
  const stamp = join(folder, 'stamp');
  const state = await stateOf(build, files);
  if (!existsSync(image) || (await readFile(stamp, 'utf8').catch(() => '')) !== state) {
    onProgress?.(
      `building ${tree} with ${variantWords(variant)} (make ${arch.kernel.target}), outside of it`,
    );
    await linkSources(tree, files, build.dir, await makefilesOf(build));
    await configure(build);
    await makeTargets(build, [arch.kernel.target]);
    if (!existsSync(image))
      throw new BpfrigError(
        'infra',
        `${spec}: make succeeded but wrote no ${arch.kernel.image} in ${output}`,
      );
    await writeFile(stamp, state);
  }
  // Pruning uses the mtime as the time of last use.
  await utimes(folder, new Date(), new Date());
  return variant.measured.map(source => measuredSource(source, build));
}

/** What a build depends on, as text: sizes and times of the sources, as make looks at them, the configuration, and the compiler. */
async function stateOf(build: Build, files: readonly string[]): Promise<string> {
  const { tree, config, fragments, arch, signal } = build;
  const seen: string[] = [];
  for (let at = 0; at < files.length; at += AT_ONCE) {
    const piece = files.slice(at, at + AT_ONCE);
    const stats = await Promise.all(piece.map(name => stat(join(tree, name)).catch(() => null)));
    seen.push(...piece.map((name, n) => `${name} ${stats[n]?.size ?? ''} ${stats[n]?.mtimeMs ?? ''}`));
  }
  const compiler = await compilerName(arch, signal);
  return hashKey([seen, config, fragments.map(({ text }) => text), compiler]);
}

/** Writes the configuration, unless it is there, and lets Kconfig complete it. Throws `usage` when it drops what fragments ask for. */
async function configure(build: Build): Promise<void> {
  const { output, fragments, config, spec } = build;
  const path = join(output, '.config');
  if (config === null) await makeTargets(build, ['tinyconfig']);
  await writeFile(path, withFragments(config ?? (await readFile(path, 'utf8')), fragments));
  await makeTargets(build, ['olddefconfig']);
  const lost = lostOptions(await readFile(path, 'utf8'), fragments);
  if (lost.length === 0) return;
  throw new BpfrigError(
    'usage',
    `${spec}: Kconfig does not accept ${lost.join('; ')}: this release does not have it, or it depends on another option`,
    { detail: `the configuration is ${path}` },
  );
}

/** The Makefiles that ask for the counters of measured files, by their place in the tree. */
async function makefilesOf({ tree, variant, spec }: Build): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const source of variant.measured) {
    if (!existsSync(join(tree, source))) throw new BpfrigError('usage', `${spec}: ${tree} has no ${source}`);
    // Kbuild is read before Makefile where a folder has both.
    const name = ['Kbuild', 'Makefile']
      .map(file => join(dirname(source), file))
      .find(file => existsSync(join(tree, file)));
    if (name === undefined)
      throw new BpfrigError('usage', `${spec}: there is no Makefile next to ${source}, which would build it`);
    const text = texts.get(name) ?? (await readFile(join(tree, name), 'utf8'));
    texts.set(name, `${text}\nGCOV_PROFILE_${basename(source, '.c')}.o := y\n`);
  }
  return texts;
}

function measuredSource(source: string, { output, tree, spec }: Build): MeasuredSource {
  const notes = join(output, source.replace(/\.c$/, '.gcno'));
  if (!existsSync(notes))
    throw new BpfrigError(
      'usage',
      `${spec}: the build measures no ${source}: is it part of this configuration, and built in?`,
    );
  // The kernel files counters under the path that the compiler had.
  const counters = join('/sys/kernel/debug/gcov', notes.replace(/\.gcno$/, '.gcda'));
  return { source, path: join(tree, source), notes, counters };
}
