import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import type { RunEvent } from '../model/events.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';
import type { Fault, LiveRun, QemuKind, Seen } from './fault.ts';
import { endProcesses, leftBehind } from './left-behind.ts';
import { MARK, Place } from './place.ts';
import { run, WRONG } from './scenarios.ts';

/** How much longer than its limit a fault may take before it is ended from outside. */
const PATIENCE = 1.5;

/** Injects one fault into a run of the real program and returns what was seen. `slowdown` stretches its time limit; `cancelSignal` kills it. */
export async function runFault(
  fault: Fault,
  seedCache: string,
  slowdown: number,
  cancelSignal: AbortSignal,
): Promise<Seen> {
  await using place = await Place.make(seedCache);
  const injection = await fault.inject(place);
  const command = [BPFRIG, ...injection.argv];
  const [program = '', ...args] = injection.wrap?.(command) ?? command;
  const started = performance.now();
  const child = execa(program, args, {
    cwd: injection.cwd ?? PACKAGE_ROOT,
    env: environment(place, injection.env),
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    // Its own process group: a terminal's Ctrl-C would go to the faults too.
    detached: true,
    maxBuffer: 100_000_000,
    timeout: fault.seconds * slowdown * PATIENCE * 1_000,
    killSignal: 'SIGKILL',
    cancelSignal,
  });
  using live = new Live(child, place);
  injection.during?.(live);
  const result = await child;
  const seconds = (performance.now() - started) / 1_000;
  await injection.after?.();
  const events = eventsIn(live.stdout, fault, place);
  const stderr = String(result.stderr ?? '');
  return {
    exit: result.exitCode ?? 128 + (constants.signals[result.signal ?? 'SIGKILL'] ?? 0),
    seconds,
    timedOut: result.timedOut,
    verdicts: events.flatMap(event => (event.type === 'cell-end' ? [event.result.verdict] : [])),
    text: [...events.map(textOf), withoutEvents(live.stdout), stderr, result.shortMessage ?? ''].join('\n'),
    stderr,
    left: await leftIn(place, fault),
  };
}

const BPFRIG = join(PACKAGE_ROOT, 'bpfrig');

/** What is left and may not be. Where files may be left, the next run is made, which has to remove them. */
async function leftIn(place: Place, fault: Fault): Promise<string[]> {
  const { alive, files } = await leftBehind(place);
  endProcesses(place);
  if (files.length === 0 || fault.left === undefined) return [...alive, ...files];
  await execa(
    BPFRIG,
    run(place, WRONG).map(word => (word === place.out ? `${place.out}-next` : word)),
    {
      env: environment(place),
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
    },
  );
  const next = await leftBehind(place);
  return [...alive, ...next.alive, ...next.files.map(file => `${file}, even after the next run`)];
}

/** What an event says to people. */
function textOf(event: RunEvent): string {
  if (event.type === 'note') return event.text;
  if (event.type === 'kernel-failed') return event.reason;
  if (event.type !== 'cell-end') return '';
  const { verdict, reason, detail, earlierTries, expectations, consoleTail } = event.result;
  return [
    `${verdict}: ${reason}`,
    detail ?? '',
    ...earlierTries.map(tried => `earlier try: ${tried.verdict}: ${tried.reason}`),
    ...expectations.flatMap(({ ok, expr, values, error }) =>
      ok ? [] : [`${expr}   (${values ?? ''}) ${error ?? ''}`],
    ),
    ...consoleTail,
  ].join('\n');
}

function withoutEvents(stdout: string): string {
  return stdout
    .split('\n')
    .filter(line => asEvent(line).length === 0)
    .join('\n');
}

/** The child's environment: nothing of it leads to the user's results, and colours do not split words. */
function environment(place: Place, own: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const base = Object.entries(process.env).filter(
    ([name]) => !/^(?:BPFRIG_|CI$|FORCE_COLOR$|NODE_)/.test(name),
  );
  return {
    ...Object.fromEntries(base),
    NO_COLOR: '1',
    TMPDIR: place.tmp,
    XDG_CACHE_HOME: place.xdgCache,
    BPFRIG_RESULTS: place.results,
    [MARK]: place.dir,
    ...own,
  };
}

/** Events of a run, from its standard output or, where that was damaged, from its folder. What judges no cell has no events of its own. */
function eventsIn(stdout: string, { verdict }: Fault, { out }: Place): RunEvent[] {
  const printed = stdout.split('\n').flatMap(asEvent);
  if (printed.length > 0 || verdict.length === 0) return printed;
  return fileText(join(out, 'events.jsonl')).split('\n').flatMap(asEvent);
}

function asEvent(line: string): RunEvent[] {
  if (!line.startsWith('{')) return [];
  try {
    return [JSON.parse(line) as RunEvent];
  } catch {
    return [];
  }
}

function fileText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Follows the events of a run and the QEMUs that it starts. */
class Live implements LiveRun, Disposable {
  readonly pid: number;
  stdout = '';
  readonly #eventListeners: ((event: RunEvent) => void)[] = [];
  readonly #qemuListeners: ((pid: number, kind: QemuKind) => void)[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #announcements: FSWatcher;

  constructor(
    child: { readonly pid?: number | undefined; readonly stdout: Readable | null },
    { announced }: Place,
  ) {
    this.pid = child.pid ?? 0;
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on('line', line => {
        this.stdout += `${line}\n`;
        for (const event of asEvent(line)) for (const listener of this.#eventListeners) listener(event);
      });
    }
    const seen = new Set<string>();
    this.#announcements = watch(announced, (_, name) => {
      const [, kind, pid] = /^(boot|clone)-(\d+)$/.exec(name ?? '') ?? [];
      if (name === null || pid === undefined || seen.has(name)) return;
      seen.add(name);
      for (const listener of this.#qemuListeners) listener(Number(pid), kind as QemuKind);
    });
  }

  onEvent(listener: (event: RunEvent) => void): void {
    this.#eventListeners.push(listener);
  }

  onQemu(listener: (pid: number, kind: QemuKind) => void): void {
    this.#qemuListeners.push(listener);
  }

  signal(pid: number, signal: NodeJS.Signals, afterMs = 0): void {
    const born = birth(pid);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (born !== null && birth(pid) === born) process.kill(pid, signal);
    }, afterMs);
    this.#timers.add(timer);
  }

  [Symbol.dispose](): void {
    this.#announcements.close();
    for (const timer of this.#timers) clearTimeout(timer);
  }
}

/** When a process began, so that another one with the same id is left alone; null for none. */
function birth(pid: number): string | null {
  const stat = fileText(`/proc/${pid}/stat`);
  return stat === '' ? null : (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null);
}
