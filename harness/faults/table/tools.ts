import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fault, Injection } from '../fault.ts';
import type { Place } from '../place.ts';
import { KERNEL, run, SLOW, TRAFFIC, WRONG } from '../scenarios.ts';

const UNAVAILABLE: Pick<Fault, 'verdict' | 'exit'> = { verdict: ['infra', 'error'], exit: [3] };

/** A program of the host that fails or hangs, where the cache does not spare its call. */
function tool(
  name: string,
  injected: string,
  words: readonly RegExp[],
  inject: (place: Place) => Promise<Injection>,
  more: Partial<Fault> = {},
): Fault {
  return { name: `tools/${name}`, injected, ...UNAVAILABLE, seconds: 60, words, ...more, inject };
}

async function spoiltTool(
  place: Place,
  program: string,
  script: string,
  scenario: string,
  without: readonly string[],
): Promise<Injection> {
  await place.without(...without);
  return { argv: run(place, scenario), env: { PATH: place.program(program, script) } };
}

/** Where bpfrig's own objects, the agent and the initramfs have to be made anew. */
const BUILD = ['templates', 'initramfs', 'build'] as const;
const KERNELS = ['templates', 'initramfs', 'kernels'] as const;

const builds: readonly Fault[] = ['clang', 'gcc', 'make'].flatMap(program => [
  tool(`${program}-fails`, `${program} fails, and nothing is built`, [new RegExp(program)], place =>
    spoiltTool(place, program, 'echo "nonsense: fatal error" >&2; exit 1', TRAFFIC, BUILD),
  ),
  tool(
    `${program}-crashes`,
    `${program} ends by SIGSEGV, and nothing is built`,
    [new RegExp(program)],
    place => spoiltTool(place, program, 'kill -SEGV $$', TRAFFIC, BUILD),
  ),
]);

/** One suite's index is in the cache; its packages are not. */
const packages: readonly Fault[] = [
  tool(
    'no-network',
    'the kernel is not in the cache, and there is no network',
    [/download|mirror|apt|resolve|network/i],
    async place => {
      await place.without(...KERNELS);
      return { argv: run(place, WRONG), wrap: command => ['unshare', '-n', ...command] };
    },
    { sample: true },
  ),
  tool(
    'no-network-no-index',
    'neither the kernel nor an index is in the cache, and there is no network',
    [/apt|resolve|network|mirror/i],
    async place => {
      await place.coldCache();
      return { argv: run(place, WRONG), wrap: command => ['unshare', '-n', ...command] };
    },
  ),
  tool('apt-fails', 'apt-get fails', [/apt/], place =>
    spoiltTool(place, 'apt-get', 'echo "E: nonsense" >&2; exit 100', WRONG, KERNELS),
  ),
  tool('apt-crashes', 'apt-get ends by SIGKILL', [/apt/], place =>
    spoiltTool(place, 'apt-get', 'kill -KILL $$', WRONG, KERNELS),
  ),
  tool('deb-truncated', 'every downloaded .deb ends in the middle', [/SHA-256|checksum|truncated/i], place =>
    spoiltTool(place, 'apt-get', fakeDownload('printf "!<arch>\\ndebian-binary" > "$file"'), WRONG, KERNELS),
  ),
  tool('deb-empty', 'every downloaded .deb is empty', [/SHA-256|checksum|empty/i], place =>
    spoiltTool(place, 'apt-get', fakeDownload(': > "$file"'), WRONG, KERNELS),
  ),
  tool('deb-vanished', 'apt-get says that it has downloaded, and there is no file', [/no file/], place =>
    spoiltTool(place, 'apt-get', 'exit 0', WRONG, KERNELS),
  ),
  tool('deb-404', 'the mirror answers 404 to every package', [/404/], place =>
    spoiltTool(
      place,
      'apt-get',
      'case " $* " in *" download "*) echo "E: Failed to fetch http://mirror/x.deb  404  Not Found" >&2; exit 100 ;; esac\nexec /usr/bin/apt-get "$@"',
      WRONG,
      KERNELS,
    ),
  ),
  tool(
    'index-garbage',
    "apt's index in the cache is not JSON",
    [/apt|index|JSON|kernels\.json|network|resolve/i],
    async place => {
      const cache = await place.without(...KERNELS);
      for (const suite of readdirSync(join(cache, 'apt'))) {
        const file = join(cache, 'apt', suite, 'kernels.json');
        await rm(file, { force: true });
        place.write(join('c', 'bpfrig', 'apt', suite, 'kernels.json'), '{ not json');
      }
      return { argv: run(place, WRONG), wrap: command => ['unshare', '-n', ...command] };
    },
  ),
  tool(
    'signature-refused',
    'apt does not accept the signature of the index',
    [/sign|GPG|apt/i],
    async place => {
      await place.without(...KERNELS, 'apt');
      const script =
        'case " $* " in *" update "*) echo "E: The repository is not signed." >&2; exit 100 ;; esac\nexec /usr/bin/apt-get "$@"';
      return { argv: run(place, WRONG), env: { PATH: place.program('apt-get', script) } };
    },
  ),
];

/** `apt-get download NAME=VERSION` in the folder for downloads. */
function fakeDownload(write: string): string {
  return `for word; do case "$word" in *=*) file="\${word%%=*}_1_amd64.deb"; ${write} ;; esac; done`;
}

const hangs: readonly Fault[] = [
  tool('apt-hangs', 'apt-get does not return', [/apt/, /\d+ m?s|did not/], place =>
    spoiltTool(place, 'apt-get', 'exec sleep 10000', WRONG, KERNELS),
  ),
  tool('clang-hangs', 'clang does not return', [/clang/, /\d+ m?s|did not/], place =>
    spoiltTool(place, 'clang', 'exec sleep 10000', TRAFFIC, BUILD),
  ),
  tool('setpriv-hangs', 'setpriv, which starts QEMU, does not return', [/QEMU|QMP|setpriv/], async place => ({
    argv: run(place, SLOW),
    env: { PATH: place.program('setpriv', 'exec sleep 10000') },
  })),
  tool('setpriv-fails', 'setpriv, which starts QEMU, fails', [/QEMU|setpriv/], async place => ({
    argv: run(place, SLOW),
    env: { PATH: place.program('setpriv', 'echo "setpriv: nonsense" >&2; exit 1') },
  })),
  tool('xz-fails', "a module's decompressor fails", [/xz|module/], place =>
    spoiltTool(place, 'xz', 'echo "xz: nonsense" >&2; exit 1', WRONG, ['templates', 'initramfs']),
  ),
];

const suites: readonly Fault[] = [
  tool(
    'no-such-suite',
    'the kernel names a suite that bpfrig does not know',
    [/suite/],
    async place => ({ argv: run(place, SLOW, '--kernel', `debian:nowhere/${KERNEL}`) }),
    { verdict: [], exit: [2] },
  ),
];

/** Programs of the host, and the mirror of packages. */
export const TOOL_FAULTS: readonly Fault[] = [...builds, ...packages, ...hangs, ...suites];
