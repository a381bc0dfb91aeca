import { readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ArchName, Kernel } from '../model/kernel.ts';
import { cachedFolder, ensureIntact } from '../util/cache.ts';
import { hashKey } from '../util/hash.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';
import {
  addedEntries,
  bytesOf,
  entriesKey,
  refuseTooLarge,
  type AddedContent,
  type AddedTo,
} from './additions.ts';
import { buildGuestPrograms, type GuestBuild } from './build.ts';
import { appletLinks } from './busybox.ts';
import { cpio, type CpioEntry } from './cpio.ts';
import { modulesFor, readGuestConfig, type GuestConfig } from './guest-config.ts';
import { findProgram } from './host-programs.ts';
import { moduleEntries } from './modules-part.ts';
import { neededProgram, userland } from './userland.ts';

/** An initramfs on this machine. */
export interface Initramfs {
  readonly path: string;
  /** Hash over everything in it. */
  readonly key: string;
}

/** Version of what this file itself puts into an image; raise it when that changes. */
const LAYOUT = 5;

/** The initramfs of a kernel: built once for each state of its parts, uncompressed since unpacking would cost at every boot. */
export async function kernelInitramfs(kernel: Kernel, cacheDir: string): Promise<Initramfs> {
  const config = await readGuestConfig();
  const build = await buildGuestPrograms({ arch: kernel.arch, cacheDir });
  const programs = await everyonesPrograms(config, kernel.arch, cacheDir);
  const files = await projectFiles(config);
  const key = hashKey([LAYOUT, kernel.key, config, build.key, digest(programs), digest(files)]);
  const dir = await cachedFolder(join(cacheDir, 'initramfs', key), async temp => {
    const parts = [
      cpio([...BASE, ...programs, ...files, ...(await builtParts(build))]),
      cpio(await moduleEntries(kernel, modulesFor(kernel.arch, config))),
    ];
    await writeFile(join(temp, 'initramfs'), Buffer.concat(parts));
  });
  return { path: join(dir, 'initramfs'), key };
}

/** The initramfs of a kernel with what one guest has besides: a second archive, which the kernel unpacks over the first. */
export async function guestInitramfs(
  kernel: Kernel,
  added: AddedContent,
  size: AddedTo,
  cacheDir: string,
): Promise<Initramfs> {
  const base = await kernelInitramfs(kernel, cacheDir);
  const config = await readGuestConfig();
  const present = [...BASE, ...(await everyonesPrograms(config, kernel.arch, cacheDir))].map(
    ({ path }) => path,
  );
  const entries = await addedEntries(kernel, added, size, config, present, cacheDir);
  if (entries.length === 0) return base;
  const { size: bytes } = await stat(base.path);
  refuseTooLarge(bytes + bytesOf(entries), size.memoryMiB);
  const key = hashKey([LAYOUT, base.key, entriesKey(entries)]);
  const dir = await cachedFolder(join(cacheDir, 'initramfs', key), async temp => {
    await ensureIntact([base.path]);
    // The folders of every guest first: what lies in them does not change their modes.
    const second = cpio([...BASE.filter(({ kind }) => kind === 'dir'), ...entries]);
    await writeFile(join(temp, 'initramfs'), Buffer.concat([await readFile(base.path), second]));
  });
  return { path: join(dir, 'initramfs'), key };
}

/** The agent's path in the guest. */
const AGENT = '/usr/bin/bpfrig-agent';

/** In this order: the later ones lie within the earlier. */
const FSTAB = `
proc /proc proc defaults 0 0
sys /sys sysfs defaults 0 0
dev /dev devtmpfs defaults 0 0
bpf /sys/fs/bpf bpf defaults 0 0
debug /sys/kernel/debug debugfs defaults 0 0
trace /sys/kernel/tracing tracefs defaults 0 0
`;

/** What every guest has, whatever else goes into it. */
const BASE: readonly CpioEntry[] = [
  { path: '/dev/console', kind: 'char', mode: 0o600, device: [5, 1] },
  // Whoever types wants a shell that edits lines: busybox's does, /bin/sh does not.
  { path: '/etc/passwd', kind: 'file', mode: 0o644, data: Buffer.from('root:x:0:0:root:/root:/bin/ash\n') },
  // dropbear lets in only users whose shell is listed.
  { path: '/etc/shells', kind: 'file', mode: 0o644, data: Buffer.from('/bin/ash\n/bin/sh\n') },
  { path: '/etc/group', kind: 'file', mode: 0o644, data: Buffer.from('root:x:0:\n') },
  { path: '/root', kind: 'dir', mode: 0o700 },
  { path: '/tmp', kind: 'dir', mode: 0o1777 },
  // Where programs made for a distribution look: libraries of netns and the kernel's selftests open /var/run/netns.
  { path: '/var/run', kind: 'link', mode: 0o777, data: Buffer.from('/run') },
  { path: '/var/tmp', kind: 'dir', mode: 0o1777 },
  ...['/proc', '/sys', '/run', '/mnt'].map(path => ({ path, kind: 'dir', mode: 0o755 }) as const),
  { path: '/etc/fstab', kind: 'file', mode: 0o644, data: Buffer.from(FSTAB) },
];

async function everyonesPrograms(
  config: GuestConfig,
  arch: ArchName,
  cacheDir: string,
): Promise<CpioEntry[]> {
  const from = await userland(arch, cacheDir);
  const parts = await Promise.all(
    Object.entries(config.programs).map(async ([path, name]) =>
      from.entries(path, await neededProgram(from, name)),
    ),
  );
  const names = Object.keys(config.programs).map(path => basename(path));
  // Its list of applets is the same in all of Debian's builds, and this host can start only its own.
  const links = await appletLinks(await findProgram('busybox'), names);
  // Programs share libraries: each goes in once.
  return [...new Map([...parts.flat(), ...links].map(entry => [entry.path, entry])).values()];
}

async function projectFiles(config: GuestConfig): Promise<CpioEntry[]> {
  return Promise.all(
    Object.entries(config.files).map(async ([path, source]): Promise<CpioEntry> => {
      return { path, kind: 'file', mode: 0o755, data: await readFile(join(PACKAGE_ROOT, source)) };
    }),
  );
}

async function builtParts({ agent, objects }: GuestBuild): Promise<CpioEntry[]> {
  const program: CpioEntry = { path: AGENT, kind: 'file', mode: 0o755, data: await readFile(agent) };
  const bpf = objects.map(async ({ name, path }): Promise<CpioEntry> => {
    return { path: `/bpf/${name}`, kind: 'file', mode: 0o644, data: await readFile(path) };
  });
  return [program, ...(await Promise.all(bpf))];
}

function digest(entries: readonly CpioEntry[]): string {
  return hashKey(
    entries.map(entry => [entry.path, entry.mode, hashKey(entry.data?.toString('latin1') ?? '')]),
  );
}
