import { chmodSync, closeSync, copyFileSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { cacheEntry } from '../damage.ts';
import type { Fault, Injection, RedVerdict } from '../fault.ts';
import type { Place } from '../place.ts';
import { run, SLOW } from '../scenarios.ts';

/** The newest kernel's uncompressed image, copied with some bytes changed: `--kernel path:`. */
function changedImage(place: Place, change: (image: Buffer) => Buffer): string {
  const image = readFileSync(join(cacheEntry(place.cache, 'kernels'), 'vmlinux'));
  return place.write('vmlinux', change(image));
}

/** A fault of the kernel's file: `change` is applied to a copy of the image. */
function image(
  name: string,
  injected: string,
  change: (image: Buffer) => Buffer,
  right: Pick<Fault, 'verdict' | 'exit' | 'words'> & Partial<Fault>,
): Fault {
  return {
    name: `boot/${name}`,
    injected,
    seconds: 20,
    ...right,
    inject: place => ({ argv: run(place, SLOW, '--kernel', `path:${changedImage(place, change)}`) }),
  };
}

const NO_KERNEL: Pick<Fault, 'verdict' | 'exit'> = { verdict: ['infra', 'error'], exit: [2, 3] };

/** Field e_machine of an ELF header. */
const E_MACHINE = 18;
/** EM_MIPS: no guest has it. */
const MIPS = 8;

const images: readonly Fault[] = [
  image('garbage', 'the kernel is a file of zeroes and numbers', () => Buffer.alloc(2 ** 20, 'garbage'), {
    ...NO_KERNEL,
    words: [/bzImage|ELF/],
    sample: true,
  }),
  image('empty', 'the kernel is an empty file', () => Buffer.alloc(0), {
    ...NO_KERNEL,
    words: [/bzImage|ELF|empty/],
  }),
  image(
    'wrong-architecture',
    'the kernel is an ELF file of MIPS',
    elf => {
      elf.writeUInt16LE(MIPS, E_MACHINE);
      return elf;
    },
    { ...NO_KERNEL, words: [/architecture \(e_machine 8\)/], sample: true },
  ),
  image('truncated', 'the kernel ends in the middle', elf => elf.subarray(0, elf.length / 2), {
    verdict: ['infra', 'error', 'panic', 'hang'],
    exit: [1, 2, 3],
    words: [/truncated|ends|beyond|section|segment|load|QEMU|sign of life|panicked|incomplete/i],
    seconds: 140,
  }),
  image('header-only', 'of the kernel only the first 64 KiB are there', elf => elf.subarray(0, 65_536), {
    ...NO_KERNEL,
    words: [/Linux version|truncated|ends|beyond|segment/],
  }),
];

/** A kernel whose text is zeroes does not even reach its console. Three cells, one of which may boot it. */
const silent: Fault = {
  name: 'boot/early-silence',
  injected: "6 MiB of zeroes in the kernel's text; three cells",
  verdict: ['hang', 'panic'],
  exit: [1],
  seconds: 140,
  words: [/at boot/, /sign of life|says nothing|panicked|reset/],
  inject: place => {
    const path = join(place.dir, 'vmlinux');
    copyFileSync(join(cacheEntry(place.cache, 'kernels'), 'vmlinux'), path);
    chmodSync(path, 0o644);
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.alloc(6 * 2 ** 20), 0, 6 * 2 ** 20, 2 * 2 ** 20);
    closeSync(file);
    const scenario = place.write('three.yaml', `${readFileSync(SLOW, 'utf8')}axes: { which: [a, b, c] }\n`);
    return { argv: run(place, scenario, '--kernel', `path:${path}`) };
  },
};

/** Boots, as there is no template, with the kernel's command line changed by QEMU's wrapper. */
function words(
  name: string,
  injected: string,
  change: string,
  verdict: readonly RedVerdict[],
  messages: readonly RegExp[],
  more: Partial<Fault> = {},
): Fault {
  return {
    name: `boot/${name}`,
    injected,
    verdict,
    exit: verdict.some(one => one === 'infra' || one === 'error') ? [1, 3] : [1],
    seconds: 60,
    words: messages,
    ...more,
    inject: async (place): Promise<Injection> => {
      await place.without('templates');
      // The last argument is the kernel's command line: bpfrig puts it there (vm/devices.ts).
      const script = `case "$1" in -version | --version) exec "$QEMU" "$@" ;; esac
for last; do :; done
n=$#; i=0
for arg; do
	i=$((i + 1))
	[ $i -lt $n ] && set -- "$@" "$arg"
	shift
done
exec "$QEMU" "$@" "$(printf '%s' "$last" | ${change})"`;
      return { argv: run(place, SLOW), env: { BPFRIG_QEMU: place.qemu(script) } };
    },
  };
}

const commandLines: readonly Fault[] = [
  words(
    'no-init',
    'rdinit= names no program',
    "sed 's,rdinit=/init,rdinit=/no-init init=/no-init,'",
    ['panic'],
    [/at boot/, /panicked/],
    { sample: true },
  ),
  words(
    'init-ends',
    'init ends at once',
    "sed 's,rdinit=/init,rdinit=/bin/busybox -- true,'",
    ['panic'],
    [/at boot/, /init/],
  ),
  words(
    'init-resets',
    'init resets the machine',
    "sed 's,rdinit=/init,rdinit=/bin/busybox -- reboot -f,'",
    ['panic'],
    [/at boot/, /reset|reboot/i],
    { sample: true },
  ),
  words(
    'init-powers-off',
    'init switches the machine off',
    "sed 's,rdinit=/init,rdinit=/bin/busybox -- poweroff -f,'",
    ['panic'],
    [/at boot/, /power|shut/i],
  ),
  words(
    'little-memory',
    'mem=40M: the kernel panics before it has a driver for its console',
    "sed 's,$, mem=40M,'",
    ['panic'],
    [/at boot/, /panicked: .*percpu/],
  ),
  words(
    'panic-in-init',
    'init crashes the kernel (sysrq c)',
    'sed \'s,rdinit=/init,rdinit=/bin/sh -- -c "mount\\\\ -t\\\\ proc\\\\ proc\\\\ /proc;echo\\\\ c>/proc/sysrq-trigger",\'',
    ['panic'],
    [/at boot/, /panicked/],
  ),
];

const places: readonly Fault[] = [
  {
    name: 'boot/absent',
    injected: '--kernel path: names no file',
    ...NO_KERNEL,
    seconds: 15,
    words: [/no kernel|no such file/],
    inject: place => ({ argv: run(place, SLOW, '--kernel', `path:${place.dir}/none`) }),
  },
  {
    name: 'boot/empty-folder',
    injected: '--kernel path: names an empty folder',
    ...NO_KERNEL,
    seconds: 15,
    words: [/no kernel in/],
    inject: place => ({ argv: run(place, SLOW, '--kernel', `path:${place.tmp}`) }),
  },
];

/** Kernels that do not boot. */
export const BOOT_FAULTS: readonly Fault[] = [...images, silent, ...commandLines, ...places];
