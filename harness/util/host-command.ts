import { execa } from 'execa';
import { BpfrigError, messageOf } from './errors.ts';
import { hostPressure } from './host-pressure.ts';
import { launcher } from './launcher.ts';

/** How a program of the host is run. */
export interface HostCommandOptions {
  /** Longest time that it may take on a host that is not overloaded, in milliseconds. */
  readonly timeoutMs: number;
  /** For a program that may take long, as a download may: it is killed when what `of` returns stays the same for longer than this. */
  readonly progress?: { readonly of: () => string; readonly withinMs: number } | undefined;
  readonly cwd?: string | undefined;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Its standard input; without it, standard input is empty. */
  readonly input?: Uint8Array | undefined;
  /** Most bytes of each output; 100 MB without it. */
  readonly maxOutputBytes?: number | undefined;
  /** Ends the program, with everything that it has started, when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** The end of a program that ran. It may have failed: `ok` is true only for exit code 0. */
export interface HostCommandResult<T = string> {
  readonly ok: boolean;
  readonly exitCode: number | null;
  /** The signal that killed it, or null. */
  readonly signal: string | null;
  readonly stdout: T;
  readonly stderr: string;
}

/** Why there is no result: the program is not installed, cannot be started, took too long, did nothing for too long, or wrote too much. */
export type HostCommandTrouble = 'missing' | 'start' | 'timeout' | 'stalled' | 'output';

/** A program of the host that did not run to its end. Always `infra`. */
export class HostCommandError extends BpfrigError {
  readonly trouble: HostCommandTrouble;

  constructor(trouble: HostCommandTrouble, message: string, detail: string | null = null) {
    super('infra', message, { detail });
    this.trouble = trouble;
  }
}

/**
 * Runs a program of the host to its end, and returns what it wrote as text without the last newline. Every program of the host except QEMU is run here, so that
 * none can take for ever: after its time limit it is killed, with everything that it has started.
 * Throws `HostCommandError` if it did not run to its end, and the signal's reason if `signal` was aborted.
 */
export async function hostCommand(
  program: string,
  args: readonly string[],
  options: HostCommandOptions,
): Promise<HostCommandResult> {
  const result = await hostCommandBytes(program, args, options);
  return {
    ...result,
    stdout: withoutFinalNewline(result.stdout.toString('utf8')),
    stderr: withoutFinalNewline(result.stderr),
  };
}

/** As `hostCommand`, with standard output as bytes. */
export async function hostCommandBytes(
  program: string,
  args: readonly string[],
  options: HostCommandOptions,
): Promise<HostCommandResult<Buffer>> {
  const { timeoutMs, progress, cwd, env, input, maxOutputBytes = 100_000_000, signal } = options;
  signal?.throwIfAborted();
  const child = execa(program, args, {
    ...(cwd !== undefined && { cwd }),
    ...(env !== undefined && { env }),
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
    encoding: 'buffer',
    stripFinalNewline: false,
    maxBuffer: maxOutputBytes,
    reject: false,
    // A group of its own, so that what it has started can be killed with it: a child of a child may hold the pipes open.
    detached: true,
  });
  const limitMs = timeoutMs * hostPressure();
  const { pid } = child;
  const giveUp = new GiveUp(pid);
  const timer = setTimeout(() => giveUp.kill('timeout'), limitMs);
  const silence = progress === undefined ? undefined : onSilence(progress, () => giveUp.kill('stalled'));
  const onAbort = (): void => giveUp.kill('aborted');
  signal?.addEventListener('abort', onAbort, { once: true });
  if (pid !== undefined) running.add(pid);
  try {
    const result = await Promise.race([child, giveUp.gone]);
    signal?.throwIfAborted();
    if (giveUp.why === 'timeout' || (result === null && giveUp.why !== 'stalled'))
      throw new HostCommandError(
        'timeout',
        `${commandText(program, args)} did not end within ${seconds(limitMs)}`,
      );
    if (giveUp.why === 'stalled' || result === null)
      throw new HostCommandError(
        'stalled',
        `${commandText(program, args)} did not get on for ${seconds(progress?.withinMs ?? 0)}`,
      );
    if (result.isMaxBuffer)
      throw new HostCommandError(
        'output',
        `${commandText(program, args)} wrote more than ${maxOutputBytes} bytes`,
      );
    if (result.exitCode === undefined && result.signal === undefined) throw notStarted(program, result);
    return {
      ok: result.exitCode === 0,
      exitCode: result.exitCode ?? null,
      signal: result.signal ?? null,
      stdout: Buffer.from(result.stdout),
      stderr: Buffer.from(result.stderr).toString('utf8'),
    };
  } finally {
    clearTimeout(timer);
    clearInterval(silence);
    signal?.removeEventListener('abort', onAbort);
    if (pid !== undefined) running.delete(pid);
  }
}

/** The error for a program that ran and failed: what it was to do, and the first line of what it wrote. */
export function commandFailure(
  what: string,
  { exitCode, signal, stderr }: HostCommandResult<unknown>,
): BpfrigError {
  const how = signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
  const line = stderr.split('\n').find(text => text.trim() !== '');
  const why = line === undefined ? '' : `: ${line.trim()}`;
  return new BpfrigError('infra', `${what} (${how})${why}`, { detail: stderr === '' ? null : stderr });
}

const LOOK_MS = 500;

/** Calls `then` when `of` has returned the same for `withinMs`, or longer on a host that is overloaded. */
function onSilence(
  { of, withinMs }: NonNullable<HostCommandOptions['progress']>,
  then: () => void,
): NodeJS.Timeout {
  let seen = of();
  let since = performance.now();
  return setInterval(() => {
    const now = of();
    if (now !== seen) since = performance.now();
    seen = now;
    if (performance.now() - since > withinMs * hostPressure()) then();
  }, LOOK_MS);
}

/** How long a program that was killed may take to be gone. One in an uninterruptible system call is left to the kernel. */
const GONE_MS = 2_000;

/** The decision to stop waiting for a program. */
class GiveUp {
  /** Settles `GONE_MS` after the kill, whatever the program does. */
  readonly gone: Promise<null>;
  why: 'timeout' | 'stalled' | 'aborted' | null = null;
  #settle: (value: null) => void = () => undefined;
  readonly #pid: number | undefined;

  constructor(pid: number | undefined) {
    this.#pid = pid;
    this.gone = new Promise(resolve => (this.#settle = resolve));
  }

  kill(why: 'timeout' | 'stalled' | 'aborted'): void {
    this.why ??= why;
    if (this.#pid !== undefined) killGroup(this.#pid);
    setTimeout(() => this.#settle(null), GONE_MS).unref();
  }
}

/** Leaders of the groups that run. */
const running = new Set<number>();

process.on('exit', () => {
  for (const pid of running) killGroup(pid);
});

/** Kills a process that leads a group, and its group. A group that has ended is no error. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/** What a failed start leaves of execa's result. */
interface FailedStart {
  readonly code?: string | undefined;
  readonly cause?: unknown;
  readonly shortMessage?: string | undefined;
}

function notStarted(program: string, { code, cause, shortMessage }: FailedStart): HostCommandError {
  if (code === 'ENOENT')
    return new HostCommandError(
      'missing',
      `${program} is not installed (${launcher()} doctor --fix installs what is missing)`,
    );
  const why = code ?? (cause === undefined ? (shortMessage ?? 'no reason given') : messageOf(cause));
  return new HostCommandError('start', `${program} cannot be started: ${why}`);
}

function withoutFinalNewline(text: string): string {
  return text.replace(/\r?\n$/, '');
}

function commandText(program: string, args: readonly string[]): string {
  const text = [program, ...args].join(' ');
  return `\`${text.length > 80 ? `${text.slice(0, 79)}…` : text}\``;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1).replace(/\.0$/, '')} s`;
}
