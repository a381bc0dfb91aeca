import { loadCatalogue, type Catalogue } from '../kernel/catalogue.ts';
import { fetchKernel } from '../kernel/provider.ts';
import type { HostFacts, ShardOfRun } from '../model/events.ts';
import type { ArchName, Kernel } from '../model/kernel.ts';
import { prepareCache } from '../util/cache-home.ts';
import { messageOf } from '../util/errors.ts';
import { once } from '../util/once.ts';
import { hostNote, onHostNote, type NoteLevel } from '../util/host-notes.ts';
import { removeLeftovers } from '../util/leftovers.ts';
import { cacheRoot } from '../util/paths.ts';
import { pruneCache } from '../util/prune.ts';
import {
  chooseAccelerator,
  chooseForArch,
  hostAcceleratorFacts,
  repeatWords,
  type AcceleratorChoice,
  type ChosenAccelerator,
} from '../vm/accelerator.ts';
import type { KeepGuests } from './cell.ts';
import type { Durations } from './durations.ts';
import type { EventLog } from './event-log.ts';
import { EXIT, type EndingSignal } from '../model/exit-code.ts';
import { Guests, timeScale } from './guests.ts';
import { hostFacts } from './host.ts';
import { onInterrupt, type Interrupt } from './interrupt.ts';
import type { PlannedCell } from './plan.ts';
import type { RequestedKernel } from './requested-kernel.ts';
import type { RunFolder } from './results.ts';
import { runSuite } from './run-suite.ts';

/** What a command decides about its session. */
export interface SessionOptions {
  readonly accel: AcceleratorChoice;
  /** Cells that run at once. */
  readonly jobs: number;
  /** Take only the kernel packages of images/kernels.lock.yaml. */
  readonly locked?: boolean | undefined;
  /** How often a cell that the host spoiled is tried again; once without it. */
  readonly retries?: number | undefined;
  /** Stretches every time limit of a guest; absent: as much as `jobs` on the host's cores require. */
  readonly timeScale?: number | undefined;
  /** Receives one line for each step that takes a while. */
  readonly onProgress: (line: string) => void;
}

/** One run of a session: cells on kernels, into a folder. */
export interface SessionRun {
  readonly runId: string;
  readonly folder: RunFolder;
  readonly kernels: readonly RequestedKernel[];
  readonly cells: readonly PlannedCell[];
  /** Which part of a larger plan `cells` are; absent: they are all of it. */
  readonly shard?: ShardOfRun | null;
  /** Start no further cell once this many are red; absent: never stop. */
  readonly maxFailures?: number | null;
  /** Receives the guests of each cell before they end; absent: they just end. */
  readonly keep?: KeepGuests | null;
  /** The command's own words; absent: those of this process. */
  readonly argv?: readonly string[];
  /** How long cells took: decides their order, and is updated. Absent: the order of the plan, and nothing is kept. */
  readonly durations?: Durations;
  /** Where its guests come from: a later run of the session then need not look at templates again. Absent: a source of its own. */
  readonly guests?: Guests;
  /** Ends this run alone, whose other cells then have no verdict; absent: only the session's signal does. */
  readonly signal?: AbortSignal;
}

/** What every command that starts guests has in common: host, cache, catalogue, accelerator and signals. See `openSession`. */
export class Session implements AsyncDisposable {
  readonly cacheDir: string;
  readonly catalogue: Catalogue;
  readonly host: HostFacts;
  /** What runs guests of an architecture. Throws `usage` where `--accel` names what cannot. */
  readonly acceleratorOf: (arch: ArchName) => ChosenAccelerator;
  /** Options of `run` with which a repeated cell runs its guests as this session does. */
  readonly repeatWords: readonly string[];
  readonly #options: SessionOptions;
  readonly #interrupt: Interrupt;
  /** Debian's kernels that were fetched: they do not change while the session goes on, as files of the user's may. */
  readonly #fetched = new Map<string, Promise<Kernel>>();

  /** For `openSession`. */
  constructor(
    options: SessionOptions,
    interrupt: Interrupt,
    parts: Pick<Session, 'cacheDir' | 'catalogue' | 'host' | 'acceleratorOf' | 'repeatWords'>,
  ) {
    this.#options = options;
    this.#interrupt = interrupt;
    this.cacheDir = parts.cacheDir;
    this.catalogue = parts.catalogue;
    this.host = parts.host;
    this.acceleratorOf = parts.acceleratorOf;
    this.repeatWords = parts.repeatWords;
  }

  get #timeScale(): number {
    return this.#options.timeScale ?? timeScale(this.#options.jobs, this.host.cpus);
  }

  get #retries(): number {
    return this.#options.retries ?? 1;
  }

  /** Aborted when the session is to end, as by the first SIGINT, SIGTERM or SIGHUP: what waits must end, and guests are killed. */
  get signal(): AbortSignal {
    return this.#interrupt.signal;
  }

  /** The signal that ended the session; null as long as there was none. */
  endedBy(): EndingSignal | null {
    return this.#interrupt.endedBy();
  }

  /** Makes a kernel ready to boot. Throws as `fetchKernel` does. */
  async fetch(kernel: RequestedKernel): Promise<Kernel> {
    if (kernel.spec.kind !== 'debian' || kernel.lock !== undefined) return await this.#fetch(kernel);
    return await once(this.#fetched, kernel.spec.text, () => this.#fetch(kernel));
  }

  async #fetch({ id, spec, lock }: RequestedKernel): Promise<Kernel> {
    return await fetchKernel(spec, {
      id,
      cacheDir: this.cacheDir,
      catalogue: this.catalogue,
      locked: lock !== undefined || this.#options.locked === true,
      ...(lock !== undefined && { lock }),
      signal: this.signal,
      onProgress: line => this.#options.onProgress(`${id}: ${line}`),
    });
  }

  /** A source of guests. `onNote` receives one line where cells boot instead of being cloned. */
  guests(onNote: (text: string) => void = this.#options.onProgress): Guests {
    return new Guests({
      cacheDir: this.cacheDir,
      acceleratorOf: this.acceleratorOf,
      timeScale: this.#timeScale,
      retries: this.#retries,
      signal: this.signal,
      onNote,
    });
  }

  /** Runs cells and returns the exit code. Reports through the event log, and throws nothing that a cell caused. */
  async run(run: SessionRun, eventLog: EventLog): Promise<number> {
    const { runId, folder, kernels, cells, durations } = run;
    const note = (text: string, level: NoteLevel): void => eventLog.emit({ type: 'note', level, text });
    const notes = onHostNote(note);
    const signal = run.signal === undefined ? this.signal : AbortSignal.any([this.signal, run.signal]);
    if (durations !== undefined) eventLog.listen('durations', event => durations.onEvent(event));
    const code = await runSuite(
      {
        runId,
        argv: run.argv ?? process.argv.slice(2),
        host: this.host,
        kernels,
        cells,
        jobs: this.#options.jobs,
        shard: run.shard ?? null,
        maxFailures: run.maxFailures ?? null,
        fetch: kernel => this.fetch(kernel),
        cellEnvironment: {
          cacheDir: this.cacheDir,
          folder,
          guests: run.guests ?? this.guests(text => note(text, 'warning')),
          probes: new Map(),
          builds: new Map(),
          retries: this.#retries,
          timeScale: this.#timeScale,
          signal,
          keep: run.keep ?? null,
          repeatWords: this.repeatWords,
        },
        lastDuration: id => durations?.get(id),
        endedBy: () => this.endedBy(),
      },
      eventLog,
    ).finally(() => notes[Symbol.dispose]());
    try {
      durations?.save();
    } catch (error) {
      // Only the order of the next run's cells depends on them.
      this.#options.onProgress(`could not keep how long cells took: ${messageOf(error)}`);
    }
    return code;
  }

  /** Makes room in the cache, and leaves signals to the process again. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      // Not for this to decide over the end of a command.
      await pruneCache(this.cacheDir).catch((error: unknown) =>
        hostNote(`cannot make room in the cache: ${messageOf(error)}`),
      );
    } finally {
      this.#interrupt[Symbol.dispose]();
    }
  }
}

/**
 * Finds out what the host is, and removes what a killed session left. `interrupt` is made once that has succeeded.
 * Throws `usage` for an accelerator that this host does not have, `infra` without QEMU.
 */
export async function openSession(options: SessionOptions, interrupt: () => Interrupt): Promise<Session> {
  const catalogue = loadCatalogue();
  const facts = await hostAcceleratorFacts(options.jobs);
  const accelerator = chooseAccelerator(options.accel, facts);
  const host = await hostFacts(accelerator);
  const cacheDir = cacheRoot();
  await prepareCache(cacheDir);
  await removeLeftovers(cacheDir);
  const words = repeatWords(accelerator, facts);
  const acceleratorOf = (arch: ArchName): ChosenAccelerator => chooseForArch(arch, options.accel, facts);
  const parts = { cacheDir, catalogue, host, acceleratorOf, repeatWords: words };
  return new Session(options, interrupt(), parts);
}

/**
 * Does the work of one command in a session of its own, which takes over SIGINT, SIGTERM and SIGHUP. Returns the exit code: the work's, or
 * that of the signal which ended it, whatever the work threw because of that.
 */
export async function inSession(
  options: SessionOptions,
  work: (session: Session) => Promise<number>,
): Promise<number> {
  await using session = await openSession(options, () => onInterrupt(options.onProgress));
  try {
    const code = await work(session);
    const by = session.endedBy();
    return by === null ? code : EXIT[by];
  } catch (error) {
    const by = session.endedBy();
    if (by === null) throw error;
    return EXIT[by];
  }
}
