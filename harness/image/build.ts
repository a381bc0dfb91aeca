import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cachedFolder } from '../util/cache.ts';
import { BpfrigError } from '../util/errors.ts';
import { hashKey } from '../util/hash.ts';
import { PROJECT_ROOT } from '../util/paths.ts';

/** What is compiled for the guest: `<dir>/bpfrig-agent` and `<dir>/bpf/*.bpf.o`. */
export interface GuestBuild {
  readonly dir: string;
  /** Hash over the sources. */
  readonly key: string;
}

/** Builds the agent and the BPF objects, once for each state of their sources. Throws `infra` with the compiler's output. */
export async function buildGuestPrograms(cacheDir: string): Promise<GuestBuild> {
  const key = await sourceKey([join(PROJECT_ROOT, 'images', 'agent'), join(PROJECT_ROOT, 'bpf')]);
  const dir = await cachedFolder(join(cacheDir, 'build', `agent-${key}`), async temp => {
    const args = ['-C', join(PROJECT_ROOT, 'images', 'agent'), `OUT=${temp}`, '-j2'];
    await compile('make', args, 'the guest agent and the BPF objects do not build');
  });
  return { dir, key };
}

/** Compiles one BPF source of a scenario and gives the object's path. Throws `scenario` with clang's output. */
export async function buildBpfObject(source: string, cacheDir: string): Promise<string> {
  const headers = join(PROJECT_ROOT, 'bpf');
  const text = await readFile(source, 'utf8').catch(() => {
    throw new BpfrigError('scenario', `${source}: no such BPF source`);
  });
  const key = hashKey([text, await sourceKey([headers])]);
  const dir = await cachedFolder(join(cacheDir, 'build', `object-${key}`), async temp => {
    const args = [
      '-O2',
      '-g',
      '-Wall',
      '-target',
      'bpf',
      // Version 3 has atomics that 5.10 does not know.
      '-mcpu=v2',
      ...BPF_INCLUDES,
      `-I${headers}`,
      '-c',
      source,
      '-o',
      join(temp, 'object.bpf.o'),
    ];
    await compile('clang', args, `${source} does not compile`, 'scenario');
  });
  return join(dir, 'object.bpf.o');
}

/** Debian keeps the asm/ headers in the multiarch folder, which clang does not look into for target bpf. */
const BPF_INCLUDES = ['-I/usr/include/x86_64-linux-gnu'];

async function compile(
  program: string,
  args: readonly string[],
  message: string,
  code: 'infra' | 'scenario' = 'infra',
): Promise<void> {
  const result = await execa(program, args, { reject: false, all: true });
  if (result.exitCode === 0) return;
  if (result.code === 'ENOENT') {
    throw new BpfrigError(
      'infra',
      `this host has no ${program}; ./bpfrig doctor --fix installs what is missing`,
    );
  }
  const firstError = result.all?.split('\n').find(line => /error/i.test(line)) ?? result.shortMessage;
  throw new BpfrigError(code, `${message}: ${firstError}`, { detail: result.all ?? null });
}

async function sourceKey(folders: readonly string[]): Promise<string> {
  const sources = await Promise.all(
    folders.map(async folder => {
      const names = (await readdir(folder, { recursive: true }))
        .filter(name => /\.[ch]$|^Makefile$/.test(name))
        .toSorted();
      return Promise.all(names.map(async name => [name, await readFile(join(folder, name), 'utf8')]));
    }),
  );
  return hashKey(sources);
}
