import { rm } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { EXIT } from '../../model/exit-code.ts';
import { VERDICT_NAMES } from '../../model/verdict.ts';
import { count } from '../../report/text.ts';
import type { Guests } from '../../run/guests.ts';
import { openProject, resultsRoot, type Project } from '../../run/project.ts';
import { suitesOf } from '../../run/scenarios.ts';
import type { Session } from '../../run/session.ts';
import { CurrentVerdicts, isInGuest } from '../../run/watch/current-verdicts.ts';
import { dependenciesOf, type Dependencies } from '../../run/watch/dependencies.ts';
import { BpfrigError } from '../../util/errors.ts';
import { planRun, type RunPlan } from '../plan-run.ts';
import { onProgress } from '../progress.ts';
import type { RunOptions } from '../run-options.ts';
import { runPlan } from '../run-plan.ts';
import { reported } from '../report-error.ts';
import { FileWatcher } from './file-watcher.ts';
import { Inbox, type WatchEvent } from './inbox.ts';
import { KEYS, onKeys } from './keys.ts';

/** Runs of one watch that stay in `results/`: one for each edit would fill it within a day. */
const KEPT_RUNS = 5;

/**
 * `bpfrig run --watch`: runs what is asked for, then again whatever depends on a file that changed, until somebody ends it. Returns the exit code
 * of a run with the verdicts that hold at the end.
 */
export async function watch(
  paths: readonly string[],
  options: RunOptions,
  session: Session,
): Promise<number> {
  const inbox = new Inbox();
  await using files = new FileWatcher(file => inbox.put({ kind: 'changed', file }));
  using _keys = onKeys(
    process.stdin,
    text => void process.stderr.write(text),
    command => {
      if (command === null) onProgress(`no such key; there are: ${KEYS}`);
      else inbox.put(command);
    },
  );
  session.signal.addEventListener('abort', () => inbox.put({ kind: 'quit' }), { once: true });
  const watched = new Watch(paths, options, session, files);
  for (;;) {
    await watched.turn(inbox.arrived());
    const events = await inbox.take();
    if (events.some(({ kind }) => kind === 'quit')) return watched.code;
    watched.note(events);
  }
}

/** What a watch knows from one of its runs to the next. */
class Watch {
  readonly #paths: readonly string[];
  readonly #session: Session;
  readonly #files: FileWatcher;
  readonly #verdicts = new CurrentVerdicts();
  readonly #dependencies = new Map<string, Dependencies>();
  readonly #runs: string[] = [];
  #options: RunOptions;
  #guests: Guests;
  #plan: RunPlan | null = null;
  /** As it was last read without a mistake. */
  #project: Project;

  constructor(paths: readonly string[], options: RunOptions, session: Session, files: FileWatcher) {
    this.#paths = paths;
    this.#options = options;
    this.#session = session;
    this.#files = files;
    this.#guests = session.guests();
    this.#project = openProject(paths);
  }

  /** The exit code of a run with the verdicts that hold; 2 while the scenarios cannot be read. */
  get code(): number {
    return this.#plan === null ? EXIT.usage : this.#verdicts.standing(this.#plan.cells).code;
  }

  /** Runs every cell without a verdict, and says how all of them stand. It is ended when something `arrived`. */
  async turn(arrived: Promise<void>): Promise<void> {
    const plan = await this.#read();
    if (plan === null) return;
    const cells = this.#verdicts.missing(plan.cells);
    if (cells.length > 0) await this.#run({ ...plan, cells }, arrived);
    onProgress(this.#status(plan));
  }

  /** Forgets the verdicts that do not hold any more. */
  note(events: readonly WatchEvent[]): void {
    const changed = new Set<string>();
    for (const event of events) {
      if (event.kind === 'all') this.#verdicts.forgetAll();
      if (event.kind === 'failed' && !this.#verdicts.forgetFailed()) onProgress('nothing is red');
      if (event.kind === 'filter') this.#options = { ...this.#options, grep: event.text };
      if (event.kind === 'changed') changed.add(event.file);
    }
    if (changed.size === 0) return;
    onProgress(`changed: ${[...changed].map(file => relative('.', file)).join(', ')}`);
    this.#noteChanged(changed);
  }

  #noteChanged(changed: ReadonlySet<string>): void {
    const known = [...this.#dependencies.values()];
    const isSource = (file: string): boolean =>
      known.some(({ scenario, objects }) => scenario.has(file) || objects.has(file));
    // Templates, which have the files of guests and the user's kernels in them, are looked at again.
    const isOther = [...changed].some(
      file => known.some(({ guest }) => isInGuest(file, guest)) || this.#kernelFiles().includes(file),
    );
    if (isOther) this.#guests = this.#session.guests();
    const isOfAll = [...changed].some(
      file => file === this.#project.file || this.#kernelFiles().includes(file),
    );
    if (isOfAll) this.#verdicts.forgetAll();
    else if ([...changed].some(isSource) || isOther)
      this.#verdicts.forgetChanged(this.#plan?.whole ?? [], changed, this.#dependencies);
  }

  #kernelFiles(): string[] {
    return (this.#plan?.kernels ?? []).flatMap(({ spec }) =>
      spec.kind === 'path' ? [spec.path] : 'files' in spec ? spec.files : [],
    );
  }

  /** Reads project and scenarios; null where something is wrong with them, which is said. */
  async #read(): Promise<RunPlan | null> {
    try {
      const project = openProject(this.#paths);
      this.#project = project;
      const suites = this.#paths.length > 0 ? this.#paths.map(path => resolve(path)) : suitesOf(project);
      this.#files.add([...suites, project.file ?? []].flat());
      const plan = await planRun(this.#paths, this.#options, project);
      this.#plan = plan;
      await this.#watchDependencies(plan);
      if (plan.cells.length === 0) onProgress('no cell matches');
      return plan;
    } catch (error) {
      if (!(error instanceof BpfrigError) || (error.code !== 'scenario' && error.code !== 'usage'))
        throw error;
      reported(error);
      return null;
    }
  }

  async #watchDependencies(plan: RunPlan): Promise<void> {
    const scenarios = new Map(plan.whole.map(({ scenario }) => [scenario.path, scenario]));
    for (const [path, scenario] of scenarios) {
      const found = await dependenciesOf(scenario, this.#session.cacheDir, this.#dependencies.get(path));
      this.#dependencies.set(path, found);
      this.#files.add([...found.scenario, ...found.objects, ...found.guest]);
    }
    this.#files.add(this.#kernelFiles());
  }

  async #run(plan: RunPlan, arrived: Promise<void>): Promise<void> {
    const superseded = new AbortController();
    const part = { guests: this.#guests, signal: superseded.signal };
    const running = runPlan(plan, this.#session, resultsRoot(this.#project), this.#options, part);
    const end = running.then(() => undefined);
    await Promise.race([end, arrived.then(() => superseded.abort())]);
    const { dir, results } = await running;
    this.#verdicts.add(results.values());
    this.#runs.push(dir);
    for (const old of this.#runs.splice(0, Math.max(0, this.#runs.length - KEPT_RUNS)))
      await rm(old, { recursive: true, force: true });
  }

  #status(plan: RunPlan): string {
    const { counts } = this.#verdicts.standing(plan.cells);
    const filter = this.#options.grep ? ` with '${this.#options.grep}'` : '';
    const stand = VERDICT_NAMES.flatMap(name => (counts[name] === 0 ? [] : `${counts[name]} ${name}`)).join(
      ', ',
    );
    return `watching ${count(plan.cells.length, 'cell')}${filter}: ${stand || 'no verdict yet'} · ${KEYS}`;
  }
}
