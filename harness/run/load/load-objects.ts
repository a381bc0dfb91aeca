import PQueue from 'p-queue';
import { buildFacts } from '../../kernel/build-facts.ts';
import { moduleClosure } from '../../kernel/modules.ts';
import type { Use } from '../../kernel/needs.ts';
import { unserved } from '../../kernel/unserved.ts';
import { NO_ADDITIONS } from '../../model/guest-additions.ts';
import type { ArchName, Kernel } from '../../model/kernel.ts';
import { loadExitCode } from '../../model/load-exit-code.ts';
import { LOAD_SCHEMA, type LoadCell, type LoadKernel, type LoadReport } from '../../model/load-report.ts';
import { messageOf } from '../../util/errors.ts';
import type { GuestShape } from '../guests.ts';
import type { RequestedKernel } from '../requested-kernel.ts';
import type { Session } from '../session.ts';
import { type LoadOutcome, lostProgram } from './judge-load.ts';
import type { LoadObject, ReadObjects } from './read-objects.ts';
import { splitWork } from './split-work.ts';
import { verifyOn, type VerifyEnvironment } from './verify-kernel.ts';

/** What is loaded, on which kernels. */
export interface LoadRequest {
  readonly kernels: readonly RequestedKernel[];
  /** The objects as guests of an architecture take them: sources are compiled for each. */
  readonly read: (arch: ArchName) => Promise<ReadObjects>;
  /** The same for the architecture that names and counts programs. */
  readonly first: ReadObjects;
  /** Guests at once. */
  readonly jobs: number;
  readonly memoryMiB: number;
  /** Modules of the kernel's package that guests load first, by name: kfuncs and types may be theirs. */
  readonly modules: readonly string[];
  readonly onLog: VerifyEnvironment['onLog'];
  /** Receives one line when a kernel is through. */
  readonly onProgress: (line: string) => void;
}

/** A kernel with its cells. */
interface KernelOutcome {
  readonly kernel: LoadKernel;
  readonly cells: readonly LoadCell[];
}

/**
 * Loads every program of the objects alone, on every kernel, in guests of its own. A kernel that is unavailable has cells too. Throws only when
 * the session is aborted.
 */
export async function loadObjects(request: LoadRequest, session: Session): Promise<LoadReport> {
  const started = performance.now();
  const startedAt = new Date().toISOString();
  const { rows } = request.first;
  const environment = { guests: session.guests(), signal: session.signal, onLog: request.onLog };
  const queue = new PQueue({ concurrency: request.jobs });
  // Where there are more jobs than kernels, several guests share the programs of one.
  const parts = Math.max(1, Math.floor(request.jobs / request.kernels.length));
  const outcomes = await Promise.all(
    request.kernels.map(kernel => onKernel(kernel, { parts, request, session, environment, queue })),
  );
  session.signal.throwIfAborted();
  const cells = outcomes.flatMap(outcome => outcome.cells);
  return {
    schema: LOAD_SCHEMA,
    kind: 'load',
    startedAt,
    durationMs: Math.round(performance.now() - started),
    host: session.host,
    kernels: outcomes.map(outcome => outcome.kernel),
    objects: rows,
    cells,
    exitCode: loadExitCode(cells, rows),
  };
}

/** No device is needed: nothing is attached. A module that this kernel does not have is left out, and what needs it is refused. */
function shapeOf(kernel: Kernel, request: LoadRequest): GuestShape {
  const { memoryMiB } = request;
  const modules = request.modules.filter(name => {
    const lacks = kernel.modulesDir !== null && moduleClosure(kernel.modulesDir, [name]).missing.length > 0;
    if (lacks) request.onProgress(`${kernel.id}: it has no module ${name}`);
    return !lacks;
  });
  const additions = modules.length === 0 ? {} : { additions: { ...NO_ADDITIONS, modules } };
  return { topology: 'none', guest: { cpus: 1, memoryMiB, queues: 1, ...additions } };
}

interface Tools {
  /** Guests that share the programs of one kernel. */
  readonly parts: number;
  readonly request: LoadRequest;
  readonly session: Session;
  readonly environment: Omit<VerifyEnvironment, 'shape'>;
  readonly queue: PQueue;
}

async function onKernel(
  requested: RequestedKernel,
  { parts, request, session, environment, queue }: Tools,
): Promise<KernelOutcome> {
  const started = performance.now();
  let kernel: Kernel;
  try {
    kernel = await session.fetch(requested);
    const obstacle = unserved(kernel, await buildFacts(kernel), new Set<Use>(['guest', 'bpf']));
    if (obstacle !== null) throw obstacle;
  } catch (error) {
    session.signal.throwIfAborted();
    return unavailable(requested.id, request.first, messageOf(error));
  }
  const own = { ...environment, shape: shapeOf(kernel, request) };
  const { objects, rows } = await request.read(kernel.arch);
  const work = objects.map(object => ({ object, programs: object.contents.programs }));
  const cells = await Promise.all(
    splitWork(work, parts).map(part => queue.add(() => verifyOn(kernel, part, own))),
  );
  const all = [...cells.flat(), ...notForIt(kernel, request.first, rows)];
  const loaded = all.filter(({ state }) => state === 'loaded').length;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  request.onProgress(`${kernel.id}: ${loaded} of ${all.length} programs loaded, after ${seconds} s`);
  return { kernel: { id: kernel.id, kernel: columnOf(kernel), problem: null }, cells: all };
}

function columnOf({
  id,
  spec,
  series,
  flavour,
  arch,
  version,
  release,
  packages,
  notes,
}: Kernel): LoadKernel['kernel'] {
  return { id, spec, series, flavour, arch, version, release, packages, notes };
}

/** Programs of an object that guests of another architecture take and those of this one do not. */
function notForIt(kernel: Kernel, { objects }: ReadObjects, rows: ReadObjects['rows']): LoadCell[] {
  return objects.flatMap(object => {
    const problem = rows.find(({ file_name }) => file_name === object.file.name)?.problem ?? null;
    return problem === null ? [] : cellsOf(kernel.id, object, lostProgram('unloadable', problem, []));
  });
}

function cellsOf(kernel: string, { file, contents }: LoadObject, outcome: LoadOutcome): LoadCell[] {
  return contents.programs.map(({ name }) => ({ kernel, file_name: file.name, prog_name: name, ...outcome }));
}

function unavailable(id: string, { objects }: ReadObjects, problem: string): KernelOutcome {
  const outcome = lostProgram('lost', `the kernel is unavailable: ${problem}`, []);
  const cells = objects.flatMap(object => cellsOf(id, object, outcome));
  return { kernel: { id, kernel: null, problem }, cells };
}
