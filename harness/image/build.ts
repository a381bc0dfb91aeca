import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cachedFolder } from '../util/cache.ts';
import { BpfrigError } from '../util/errors.ts';
import { allEnded } from '../util/all-ended.ts';
import { hashFile, hashKey } from '../util/hash.ts';
import { hostCommand } from '../util/host-command.ts';
import { cacheRoot, PACKAGE_ROOT } from '../util/paths.ts';
import { buildBpfObject, type ObjectTarget } from './bpf-object.ts';
import { findProgram } from './host-programs.ts';
import { libbpf } from './libbpf.ts';
import { guestCompiler, userland } from './userland.ts';

/** What is compiled for the guest. */
export interface GuestBuild {
  /** The agent's program. */
  readonly agent: string;
  /** bpfrig's own BPF objects, `stock.bpf.o` and the like, each with its path on this machine. */
  readonly objects: readonly { readonly name: string; readonly path: string }[];
  /** Hash over their contents: checkouts in different folders share templates. */
  readonly key: string;
}

const BPF = join(PACKAGE_ROOT, 'bpf');
const AGENT = join(PACKAGE_ROOT, 'images', 'agent');

/** Builds the agent and bpfrig's BPF objects, once for each state of what they are made from. Throws `infra` or, for a BPF source, `scenario` with the compiler's output. */
export async function buildGuestPrograms(target: ObjectTarget): Promise<GuestBuild> {
  const sources = (await readdir(BPF)).filter(name => name.endsWith('.bpf.c')).toSorted();
  const agent = await buildAgent(target);
  const objects = await allEnded(
    sources.map(async source => ({
      name: source.replace(/\.c$/, '.o'),
      path: await buildOwnObject(source, target),
    })),
  );
  const contents = [agent, ...objects.map(({ path }) => path)].map(hashFile);
  const key = hashKey([await Promise.all(contents), objects.map(({ name }) => name)]);
  return { agent, objects, key };
}

/**
 * 32-bit registers and comparisons save a quarter of the instructions that the observers take for a packet. 5.10 knows them, but not
 * the atomics of v3, which the observers do without.
 */
const OWN_FLAGS: Readonly<Record<string, readonly string[]>> = {
  'observers.bpf.c': ['-mcpu=v3'],
  'tracepoints.bpf.c': ['-mcpu=v3'],
  'stack.bpf.c': ['-mcpu=v3'],
  'stack_without_btf.bpf.c': ['-mcpu=v3'],
};

/** Compiles one of the sources in bpf/ and returns the object's path. */
export async function buildOwnObject(source: string, target: ObjectTarget): Promise<string> {
  // Without the folders of checkout and cache in its debug information, an object is the same in every checkout.
  const prefixes = [`${PACKAGE_ROOT}=.`, `${(await libbpf('amd64')).folder}=libbpf`];
  const relocatable = [...prefixes.map(one => `-ffile-prefix-map=${one}`), '-ffile-compilation-dir=.'];
  const cflags = ['-Werror', ...relocatable, ...(OWN_FLAGS[source] ?? [])];
  return (await buildBpfObject({ path: join(BPF, source), cflags, dir: BPF }, target)).path;
}

async function buildAgent({ arch, cacheDir }: ObjectTarget): Promise<string> {
  const sources = await Promise.all([AGENT, BPF].map(sourcesBelow));
  const { folder } = await libbpf(arch);
  const from = await userland(arch, cacheRoot());
  const { cross, flags, key: programs } = from;
  const gcc = await hostCommand(await guestCompiler(from), ['--version'], { timeoutMs: 10_000 });
  const key = hashKey([sources, basename(folder), gcc.stdout, programs]);
  const compile = async (temp: string): Promise<void> => {
    const compiler = [`CROSS=${cross}`, `SYSROOT=${flags.join(' ')}`];
    const args = ['-C', AGENT, '-j2', `OUT=${temp}`, `LIBBPF=${folder}`, ...compiler, join(temp, PROGRAM)];
    const result = await hostCommand(await findProgram('make'), args, { timeoutMs: 600_000 });
    if (result.ok) return;
    const detail = `${result.stdout}${result.stderr}`;
    const firstError = detail.split('\n').find(line => /error/i.test(line)) ?? `exit code ${result.exitCode}`;
    throw new BpfrigError('infra', `make and gcc do not build the guest agent: ${firstError}`, { detail });
  };
  // The objects that it was linked from are of no further use.
  const verified = (name: string): boolean => name === PROGRAM;
  const dir = await cachedFolder(join(cacheDir, 'build', `agent-${key}`), compile, { verified });
  return join(dir, PROGRAM);
}

const PROGRAM = 'bpfrig-agent';

/** Name and content of every file below a folder that goes into a build. */
async function sourcesBelow(folder: string): Promise<(readonly [string, string])[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sources = names.filter(name => /\.[ch]$|(?:^|\/)Makefile$/.test(name)).toSorted();
  return Promise.all(sources.map(async name => [name, await readFile(join(folder, name), 'utf8')] as const));
}
