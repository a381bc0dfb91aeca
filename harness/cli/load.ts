import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { EXIT } from '../model/exit-code.ts';
import type { ArchName } from '../model/kernel.ts';
import type { LoadCell, LoadReport } from '../model/load-report.ts';
import { loadCsv } from '../report/load-csv.ts';
import { loadText } from '../report/load-text.ts';
import { logText } from '../report/text.ts';
import { loadCatalogue } from '../kernel/catalogue.ts';
import { defaultJobs } from '../run/default-jobs.ts';
import { findObjects } from '../run/load/find-objects.ts';
import { loadObjects, type LoadRequest } from '../run/load/load-objects.ts';
import { logFile } from '../run/load/log-file.ts';
import { readObjects, type ReadObjects } from '../run/load/read-objects.ts';
import { kernelsOf, openProject } from '../run/project.ts';
import type { RequestedKernel } from '../run/requested-kernel.ts';
import { inSession, type Session } from '../run/session.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { launcher } from '../util/launcher.ts';
import { jsonText } from '../util/json-text.ts';
import { once } from '../util/once.ts';
import { cacheRoot } from '../util/paths.ts';
import type { AcceleratorChoice } from '../vm/accelerator.ts';
import { onProgress } from './progress.ts';
import { mayColor } from './reporters.ts';
import {
  kernelOption,
  jobsOption,
  acceleratorOption,
  archOption,
  lockedOption,
  collect,
  collectModule,
  memoryOption,
} from './run-options.ts';

/** Options of `load` as commander returns them. */
interface LoadOptions {
  readonly kernel: readonly string[];
  readonly arch: readonly ArchName[];
  readonly cflag: readonly string[];
  readonly jobs?: number;
  readonly accel: AcceleratorChoice;
  readonly memory: number;
  readonly module: readonly string[];
  readonly json?: string;
  readonly csv?: string;
  readonly logDir?: string;
  readonly locked?: boolean;
}

/** `bpfrig load`: every program of some objects on every kernel, without a scenario. */
export function loadCommand(): Command {
  return new Command('load')
    .description(
      'Load every program of BPF objects, each alone, on every kernel: which kernel refuses which, and why.',
    )
    .argument('<objects...>', 'objects (.o), sources (.c), folders or globs of them')
    .addOption(kernelOption())
    .addOption(archOption())
    .option('--cflag <option>', 'an option for clang, such as --cflag=-Iinclude (repeatable)', collect, [])
    .addOption(jobsOption('guests'))
    .addOption(acceleratorOption())
    .option('--memory <mib>', 'memory of a guest, for objects with large maps', memoryOption, 512)
    .option(
      '--module <name>',
      'a module of the kernel whose kfuncs, types or functions are needed (repeatable)',
      collectModule,
      [],
    )
    .option('--json <file>', "everything, with figures by veristat's names; - for standard output")
    .option('--csv <dir>', 'a file for each kernel, as veristat prints it (-o csv)')
    .option(
      '--log-dir <dir>',
      "the whole log of the verifier and libbpf's words for each program that is not loaded",
    )
    .addOption(lockedOption())
    .addHelpText('after', EXPLANATION)
    .action(async (objects: string[], options: LoadOptions) => {
      process.exitCode = await load(objects, options);
    });
}

const EXPLANATION = `
Examples:
  ${launcher()} load fw.bpf.c --kernel 5.10 --kernel 6.12
  ${launcher()} load build/ --kernel all --json before.json
  ${launcher()} compare before.json after.json --max-insns-growth 10%

A cell is the number of instructions that the verifier walked, or why the program is not there: below the table, the end of the
verifier's log and the line of source. Programs whose section begins with ? are loaded too. A folder's sources are compiled where
it has no object of the same name.

Exit codes: 0 every program loads on every kernel; 1 some kernel does not take one; 2 usage, or an object cannot be read or
compiled; 3 the host kept some from an answer; 4 nothing to load.
`;

async function load(args: readonly string[], options: LoadOptions): Promise<number> {
  const { kernel, arch, cflag, accel, locked = false } = options;
  const project = openProject(args);
  const jobs = options.jobs ?? project.jobs ?? defaultJobs();
  const kernels = await kernelsOf(project, kernel, loadCatalogue(), arch);
  const files = findObjects(args);
  const compile = { cflags: cflag, dir: process.cwd(), cacheDir: cacheRoot(), jobs };
  const reads = new Map<ArchName, Promise<ReadObjects>>();
  const readFor = (arch: ArchName): Promise<ReadObjects> =>
    once(reads, arch, () => readObjects(files, { ...compile, arch }));
  const [named] = kernels.flatMap(({ spec }) => (spec.kind === 'debian' ? spec.arch : []));
  const read = await readFor(named ?? 'amd64');
  tellProblems(read);
  if (read.objects.every(({ contents }) => contents.programs.length === 0)) {
    if (read.rows.some(({ problem }) => problem !== null)) return EXIT.usage;
    console.error('bpfrig: nothing to load: the objects hold no program');
    return EXIT.nothing;
  }
  return await inSession({ accel, jobs, locked, onProgress }, session =>
    loadAndReport(kernels, { read: readFor, first: read }, session, { ...options, jobs }),
  );
}

/** What cannot be read is said before a guest boots; the compiler's words only here. */
function tellProblems({ rows, details, ignored }: ReadObjects): void {
  if (ignored > 0) onProgress(`${ignored} files are not for BPF and are left out`);
  for (const { file_name, problem } of rows) {
    if (problem === null) continue;
    onProgress(problem.startsWith(file_name) ? problem : `${file_name}: ${problem}`);
    const detail = details.get(file_name);
    if (detail !== undefined) console.error(logText(detail));
  }
}

async function loadAndReport(
  kernels: readonly RequestedKernel[],
  objects: Pick<LoadRequest, 'read' | 'first'>,
  session: Session,
  options: LoadOptions & { readonly jobs: number },
): Promise<number> {
  const { jobs, memory: memoryMiB, module: modules, logDir, json } = options;
  const logs = logDir === undefined ? null : new LogFiles(logDir);
  const onLog = logs === null ? null : (cell: LoadCell, log: string): Promise<void> => logs.write(cell, log);
  const report = await loadObjects(
    { kernels, ...objects, jobs, memoryMiB, modules, onLog, onProgress },
    session,
  );
  if (json !== '-')
    process.stdout.write(loadText(report, { color: mayColor(), columns: process.stdout.columns ?? 0 }));
  await writeReports(report, options);
  if (logs?.failure != null) throw logs.failure;
  return report.exitCode;
}

/** Writes logs as they come. A disk that is full is said at the end: the kernels have answered all the same. */
class LogFiles {
  failure: unknown = null;
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  async write(cell: LoadCell, log: string): Promise<void> {
    await write(join(this.#dir, logFile(cell)), log).catch((error: unknown) => (this.failure ??= error));
  }
}

async function writeReports(report: LoadReport, { json, csv }: LoadOptions): Promise<void> {
  const document = (): string => `${jsonText(report, 2)}\n`;
  if (json === '-') process.stdout.write(document());
  else if (json !== undefined) await write(json, document());
  if (csv === undefined) return;
  for (const { id } of report.kernels)
    await write(join(csv, `${id.replace(/[^\w.+~-]/g, '_')}.csv`), loadCsv(report, id));
}

async function write(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  } catch (error) {
    throw new BpfrigError('infra', `${path} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}
