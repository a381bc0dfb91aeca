import { Command } from 'commander';
import { lockLibbpf } from '../image/libbpf-lock.ts';
import { loadCatalogue } from '../kernel/catalogue.ts';
import { listKernels, type KernelListing } from '../kernel/list.ts';
import { loadLock } from '../kernel/lock-file.ts';
import { lockKernels } from '../kernel/lock.ts';
import { fetchKernel } from '../kernel/provider.ts';
import { kernelsKey } from '../kernel/kernels-key.ts';
import { kernelsOf, openProject } from '../run/project.ts';
import { EXIT } from '../model/exit-code.ts';
import type { ArchName } from '../model/kernel.ts';
import { logText } from '../report/text.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { didYouMean } from '../util/nearest.ts';
import { cacheRoot } from '../util/paths.ts';
import { CACHE_LIMITS_MIB, pruneCache } from '../util/prune.ts';
import { kernelsCheckCommand } from './kernels-check.ts';
import { onProgress } from './progress.ts';
import { archOption } from './run-options.ts';
import { table } from './table.ts';

const OF_ARCH = 'kernels of this architecture (repeatable; default: amd64)';

function orAmd64(archs: readonly ArchName[]): readonly ArchName[] {
  return archs.length === 0 ? ['amd64'] : archs;
}

/** `bpfrig kernels`: which there are, fetch them, pin them. */
export function kernelsCommand(): Command {
  const kernels = new Command('kernels').description(
    'Which kernels there are, and what they lack; fetch them, pin them.',
  );
  kernels
    .command('list', { isDefault: true })
    .description('What images/kernels.yaml lists, what the mirror has, what is pinned and cached')
    .option('--json', 'as JSON')
    .addOption(archOption(OF_ARCH))
    .action(async ({ json, arch }: { json?: boolean; arch: readonly ArchName[] }) => {
      const rows = await listKernels({ ...aptOptions(), archs: orAmd64(arch) });
      console.log(json ? JSON.stringify(rows, null, 2) : listText(rows));
      process.exitCode = EXIT.ok;
    });
  kernels
    .command('fetch [specs...]')
    .description("Download and unpack kernels; without specs, the project's, or the default ones")
    .option('--locked', 'only the packages of images/kernels.lock.yaml')
    .action(async (specs: string[], { locked = false }: { locked?: boolean }) => {
      process.exitCode = await fetchAll(specs, locked);
    });
  kernels
    .command('key [specs...]')
    .description(
      "A text that changes when the packages do which a run would take: for a CI's cache of cache/kernels; specs as for fetch",
    )
    .action(async (specs: string[]) => {
      const options = aptOptions();
      const kernels = await kernelsOf(openProject(), specs, options.catalogue);
      console.log(
        await kernelsKey(
          kernels.map(({ spec }) => spec),
          { ...options, lock: loadLock() },
        ),
      );
      process.exitCode = EXIT.ok;
    });
  kernels
    .command('lock')
    .description(
      'Pin every series to the newest packages that the mirror delivers, in images/kernels.lock.yaml',
    )
    .option('--libbpf', 'pin instead the newest source package of libbpf, in images/libbpf.lock.yaml')
    .addOption(archOption(OF_ARCH))
    .action(async ({ libbpf = false, arch }: { libbpf?: boolean; arch: readonly ArchName[] }) => {
      if (libbpf) return await pinLibbpf();
      const options = { ...aptOptions(), archs: orAmd64(arch) };
      for (const { label, version, before, notes } of await lockKernels(options)) {
        const change = before === version ? 'unchanged' : `was ${before ?? 'not pinned'}`;
        console.log(
          `${label}: ${version ?? 'unavailable'} (${change})${notes.map(note => `\n  ${note}`).join('')}`,
        );
      }
      process.exitCode = EXIT.ok;
    });
  kernels
    .command('prune')
    .description(
      'Remove from the cache what was not used for longest; --all removes everything that can be made again',
    )
    .option('--all', 'everything')
    .action(async ({ all = false }: { all?: boolean }) => {
      const limits = all ? mapValues(CACHE_LIMITS_MIB, () => 0) : CACHE_LIMITS_MIB;
      const { removed, removedBytes, keptBytes } = await pruneCache(cacheRoot(), limits);
      console.log(
        `${removed} removed (${mib(removedBytes)} MiB), ${mib(keptBytes)} MiB kept in ${cacheRoot()}`,
      );
      process.exitCode = EXIT.ok;
    });
  kernels.addCommand(kernelsCheckCommand());
  return kernels.hook('preSubcommand', refuseUnknown);
}

/** Commander takes a name that it does not know for an argument of the default command. */
function refuseUnknown(kernels: Command): void {
  const [name] = kernels.args;
  const names = kernels.commands.map(command => command.name());
  if (name === undefined || name.startsWith('-') || names.includes(name)) return;
  throw new BpfrigError(
    'usage',
    `kernels: no command '${name}'${didYouMean(name, names)}; there are ${names.join(', ')}`,
  );
}

async function pinLibbpf(): Promise<void> {
  const { before, now } = await lockLibbpf(aptOptions());
  const change = before.version === now.version ? 'unchanged' : `was ${before.version}`;
  console.log(`libbpf: ${now.version} (${change})`);
  process.exitCode = EXIT.ok;
}

function mib(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

function aptOptions() {
  // For its archives.
  openProject();
  return { cacheDir: cacheRoot(), catalogue: loadCatalogue(), onProgress };
}

async function fetchAll(texts: readonly string[], locked: boolean): Promise<number> {
  const options = aptOptions();
  let code: number = EXIT.ok;
  for (const { id, spec } of await kernelsOf(openProject(), texts, options.catalogue)) {
    try {
      const { version, release, notes } = await fetchKernel(spec, { ...options, id, locked });
      console.log(logText(`${id}: ${version} (${release})${notes.map(note => `\n  ${note}`).join('')}`));
    } catch (error) {
      console.error(logText(`${id}: ${messageOf(error)}`));
      code = EXIT.infra;
    }
  }
  return code;
}

function listText(rows: readonly KernelListing[]): string {
  const head = ['series', 'default', 'on the mirror', 'pinned', 'cached', 'missing'];
  const body = rows.map(row => [
    row.label,
    row.isDefault ? 'yes' : '',
    row.available === null ? 'nothing whole' : `${row.available.upstream} (${row.available.suite})`,
    row.pinned ?? '',
    row.cached ? 'yes' : '',
    row.missing.join('; '),
  ]);
  return table([head, ...body]);
}
