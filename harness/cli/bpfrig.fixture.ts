import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import type { CellResult } from '../model/cell.ts';
import type { RunEvent } from '../model/events.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';

/** Where the scenarios of the tests are. */
export const TESTDATA = join(PACKAGE_ROOT, 'harness', 'cli', 'testdata');

/** The outcome of a run of the real program. */
export interface FinishedRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly events: readonly RunEvent[];
  /** Results in the order in which the cells ended. */
  readonly results: readonly CellResult[];
}

/** A `bpfrig run` under way. */
export interface StartedRun {
  readonly pid: number;
  readonly done: Promise<FinishedRun>;
}

/** Starts `bpfrig run` as a separate process, with events on its stdout; `onEvent` receives them as they arrive. */
export function startRun(
  args: readonly string[],
  out: string,
  onEvent: (event: RunEvent, pid: number) => void = () => undefined,
  env: NodeJS.ProcessEnv = {},
): StartedRun {
  const main = join(PACKAGE_ROOT, 'dist', 'cli', 'main.js');
  const argv = [
    main,
    'run',
    ...args,
    '--reporter',
    'jsonl',
    '--reporter',
    `terminal:${out}.txt`,
    '--out',
    out,
  ];
  const child = execa(process.execPath, argv, {
    cwd: PACKAGE_ROOT,
    reject: false,
    stdin: 'ignore',
    cleanup: true,
    env: { BPFRIG_RESULTS: dirname(out), ...env },
  });
  const pid = child.pid ?? 0;
  const events: RunEvent[] = [];
  createInterface({ input: child.stdout }).on('line', line => {
    const event = JSON.parse(line) as RunEvent;
    events.push(event);
    onEvent(event, pid);
  });
  const done = child.then(({ exitCode, stderr }) => ({
    exitCode: exitCode ?? -1,
    // A run that ended before it began has no report.
    stdout: existsSync(`${out}.txt`) ? readFileSync(`${out}.txt`, 'utf8') : '',
    stderr: String(stderr),
    events,
    results: events.flatMap(event => (event.type === 'cell-end' ? [event.result] : [])),
  }));
  return { pid, done };
}

/** Process ids of the QEMUs that are children of a process. */
export function qemusOf(parent: number): number[] {
  const all = readdirSync('/proc').filter(name => /^\d+$/.test(name));
  return all.map(Number).filter(pid => {
    const found = processOf(pid);
    return found !== null && found.name.startsWith('qemu-system') && found.parent === parent;
  });
}

/** A process's command line, its arguments separated by NULs; empty for a process that does not exist. */
export function argumentsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** Whether a process still runs. One that has ended and that nobody has waited for does not. */
export function isRunning(pid: number): boolean {
  return (processOf(pid)?.state ?? 'Z') !== 'Z';
}

/** From /proc/PID/stat; null for a process that does not exist. */
function processOf(pid: number): { name: string; state: string; parent: number } | null {
  try {
    const [, name = '', state = '', parent = ''] =
      /\((.*)\) (\S) (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return { name, state, parent: Number(parent) };
  } catch {
    return null;
  }
}
