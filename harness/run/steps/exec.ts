import { posix } from 'node:path';
import { AgentError } from '../../guest/agent-error.ts';
import { readGuestFile, runCommand, type CommandEnd, type OutputName } from '../../guest/command.ts';
import { GUEST_HOME } from '../../model/guest-additions.ts';
import { durationMs, EXEC_MS } from '../../scenario/exec-step.ts';
import { linePrefix, NO_PLACE } from '../../scenario/places.ts';
import type { StepOutcomes } from '../../scenario/step-results.ts';
import type { StepArgs } from '../../scenario/step-schema.ts';
import { BpfrigError } from '../../util/errors.ts';
import { StepFailure, type StepContext, type StepValues } from './context.ts';

type ExecArgs = StepArgs<'exec'>;

/** Most characters of each output that expectations and reports have; the artifact has more. */
const RESULT_BYTES = 64 * 1024;

/** Most bytes of a file that is brought back. */
const ARTIFACT_BYTES = 64 * 1024 * 1024;

/** The longest limit that the agent takes: images/agent/core/exec.c. */
const LONGEST_MS = 3_600_000;

/** Most bytes of the output that is kept as an artifact. */
const LOG_BYTES = 16 * 1024 * 1024;

/**
 * Runs a command in the guest: `status`, `signal` (empty if none killed it), `stdout`, `stderr`. What it writes goes into the artifact
 * `exec-LINE.log` as it comes, and the files that the step names are brought back.
 */
export async function exec(ctx: StepContext, args: ExecArgs): Promise<StepOutcomes['exec']> {
  const output = new Output(ctx, args);
  const end = await start(ctx, args, output);
  output.end(end);
  if (end.late) throw tooLate(ctx, args, output);
  await bringBack(ctx, args);
  return { status: end.status, signal: end.signal ?? '', stdout: output.stdout, stderr: output.stderr };
}

async function start(ctx: StepContext, args: ExecArgs, output: Output): Promise<CommandEnd> {
  const { argv, env, stdin, cwd = GUEST_HOME, netns } = args;
  try {
    return await runCommand(
      ctx.guest,
      {
        argv: netns === undefined ? argv : ['ip', 'netns', 'exec', netns, ...argv],
        ...(env !== undefined && {
          env: Object.entries(env).map(([name, value]) => `${name}=${String(value)}`),
        }),
        ...(stdin !== undefined && { input: stdin }),
        cwd: posix.resolve(GUEST_HOME, cwd),
        timeout_ms: limitMs(ctx, args),
      },
      (from, piece) => output.take(from, piece),
    );
  } catch (error) {
    if (ctx.step?.as === null && isMissing(error)) throw notInGuest(argv[0] ?? '', error);
    throw error;
  }
}

/** How long a command may take in this guest. */
function limitMs({ guest }: StepContext, args: ExecArgs): number {
  return Math.min(timeoutMs(args) * (guest.slowness ?? 1), LONGEST_MS);
}

/** How long the command of a step may take on a distribution's kernel. */
export function timeoutMs({ timeout }: Pick<ExecArgs, 'timeout'>): number {
  return timeout === undefined ? EXEC_MS : (durationMs(timeout) ?? EXEC_MS);
}

/** What a step expected of its command and did not get; null if it is as it should be. */
export function unexpectedEnd({ argv, status: wanted = 0 }: ExecArgs, values: StepValues): string | null {
  const { status, signal, stdout, stderr } = values;
  if (status === wanted) return null;
  const how =
    signal === '' || signal === undefined
      ? `ended with status ${text(status)}, not ${wanted}`
      : `was killed by ${text(signal)} and did not end with status ${wanted}`;
  // Many programs write what is wrong to their standard output.
  const words = text(stderr).trim() === '' ? text(stdout) : text(stderr);
  const said = words.trim() === '' ? '' : `: ${lastLines(words)}`;
  return `\`${argv.join(' ')}\` ${how}${said}`;
}

function isMissing(error: unknown): error is AgentError {
  return error instanceof AgentError && error.failure.errno === 'ENOENT' && error.failure.where === 'execve';
}

function notInGuest(program: string, cause: AgentError): StepFailure {
  const what = `there is no \`${program}\` in the guest (${cause.failure.where}: ENOENT)`;
  return new StepFailure(`${what}; \`guest: { programs }\` and \`guest: { files }\` put it there`, null);
}

function tooLate(ctx: StepContext, args: ExecArgs, { stdout, stderr }: Output): BpfrigError {
  const { step } = ctx;
  const what = `\`${args.argv.join(' ')}\` did not end within ${limitMs(ctx, args)} ms and was killed`;
  const detail = [stdout, stderr].filter(one => one !== '').join('\n');
  return new BpfrigError(
    'scenario',
    `${linePrefix(step?.place ?? NO_PLACE)}exec: ${what}; \`timeout\` of the step sets another limit`,
    {
      detail: detail === '' ? null : detail,
    },
  );
}

async function bringBack(ctx: StepContext, { artifacts = [] }: ExecArgs): Promise<void> {
  for (const path of artifacts) {
    const data = await readGuestFile(ctx.guest, posix.resolve(GUEST_HOME, path), ARTIFACT_BYTES);
    if (data === null)
      throw new StepFailure(`artifact ${path} has more than ${ARTIFACT_BYTES / 1024 ** 2} MiB`, null);
    ctx.artifacts.write(`files/${posix.basename(path)}`, data);
  }
}

/** What a command writes: the beginning for its result, and all of it for the artifact. */
class Output {
  readonly #ctx: StepContext;
  readonly #log: string;
  readonly #heads: Record<OutputName, Buffer[]> = { stdout: [], stderr: [] };
  readonly #left: Record<OutputName, number> = { stdout: RESULT_BYTES, stderr: RESULT_BYTES };
  #logLeft = LOG_BYTES;

  constructor(ctx: StepContext, { argv }: ExecArgs) {
    this.#ctx = ctx;
    this.#log = `exec-${ctx.step?.place.line ?? 0}.log`;
    this.#write(Buffer.from(`$ ${argv.join(' ')}\n`));
  }

  get stdout(): string {
    return Buffer.concat(this.#heads.stdout).toString('utf8');
  }

  get stderr(): string {
    return Buffer.concat(this.#heads.stderr).toString('utf8');
  }

  take(from: OutputName, piece: Buffer): void {
    const head = piece.subarray(0, this.#left[from]);
    this.#left[from] -= head.length;
    if (head.length > 0) this.#heads[from].push(head);
    const kept = piece.subarray(0, this.#logLeft);
    this.#logLeft -= kept.length;
    this.#write(kept);
    if (kept.length > 0 && this.#logLeft === 0)
      this.#write(Buffer.from(`\n[bpfrig: what follows is left out, after ${LOG_BYTES / 1024 ** 2} MiB]\n`));
  }

  end({ status, signal, late }: CommandEnd): void {
    const how = late ? 'killed after its time' : signal === null ? `status ${status}` : `killed by ${signal}`;
    this.#write(Buffer.from(`[bpfrig: ${how}]\n`));
  }

  #write(piece: Buffer): void {
    if (piece.length > 0) this.#ctx.artifacts.append(this.#log, piece);
  }
}

/** Lines of an output that a message has. */
const MESSAGE_LINES = 3;

function lastLines(output: string): string {
  return output.trim().split('\n').slice(-MESSAGE_LINES).join('; ');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}
