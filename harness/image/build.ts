import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cachedFolder } from '../util/cache.ts';
import { BpfrigError } from '../util/errors.ts';
import { hashKey } from '../util/hash.ts';
import { PROJECT_ROOT } from '../util/paths.ts';
import { findClang } from './clang.ts';
import { findProgram } from './host-programs.ts';

/** What is compiled for the guest: `<dir>/bpfrig-agent` and `<dir>/bpf/*.bpf.o`. */
export interface GuestBuild {
  readonly dir: string;
  /** Hash over the sources, the compilers and libbpf's headers. */
  readonly key: string;
}

/** Headers of the host that both the agent and the BPF objects include. */
const LIBBPF = '/usr/include/bpf';

/** Builds the agent and the stock BPF objects, once for each state of what they are made from. Throws `infra` with the compiler's output. */
export async function buildGuestPrograms(cacheDir: string): Promise<GuestBuild> {
  const agent = join(PROJECT_ROOT, 'images', 'agent');
  const sources = await Promise.all([agent, join(PROJECT_ROOT, 'bpf'), LIBBPF].map(sourcesBelow));
  const gcc = await execa(await findProgram('gcc'), ['--version'], { reject: false });
  const key = hashKey([sources, await findClang(), gcc.stdout]);
  const dir = await cachedFolder(join(cacheDir, 'build', `agent-${key}`), async temp => {
    const args = ['-C', agent, `OUT=${temp}`, '-j2'];
    const result = await execa(await findProgram('make'), args, { reject: false, all: true });
    if (result.exitCode === 0) return;
    const firstError = result.all?.split('\n').find(line => /error/i.test(line)) ?? result.shortMessage;
    const message = `the guest agent and the BPF objects do not build: ${firstError}`;
    throw new BpfrigError('infra', message, { detail: result.all ?? null });
  });
  return { dir, key };
}

/** Name and content of every file below a folder that goes into a build. */
async function sourcesBelow(folder: string): Promise<(readonly [string, string])[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sources = names.filter(name => /\.[ch]$|(?:^|\/)Makefile$/.test(name)).toSorted();
  return Promise.all(sources.map(async name => [name, await readFile(join(folder, name), 'utf8')] as const));
}
