import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentError } from '../guest/agent-error.ts';
import { readGuestFile, runCommand, type OutputName } from '../guest/command.ts';
import type { RunningGuest } from '../guest/running-guest.ts';
import type { Testbed } from '../guest/testbed.ts';
import { GUEST_HOME } from '../model/guest-additions.ts';
import type { Kernel } from '../model/kernel.ts';
import { BpfrigError } from '../util/errors.ts';
import { makeWorkspace } from '../util/workspace.ts';
import { GuestFailure } from '../vm/failure.ts';
import type { GuestShape, GuestSource } from './guests.ts';

/** A command for a guest of its own. */
export interface GuestCommand {
  readonly argv: readonly string[];
  /** `NAME=value`. */
  readonly env: readonly string[];
  /** Its standard input; null: empty. */
  readonly input: string | null;
  readonly timeoutMs: number;
  /** Absolute paths of files in the guest that are read when it has ended, whatever its status. */
  readonly wanted: readonly string[];
}

/** How it went. `red`: the command, the guest or its kernel failed; `spoiled`: the host did. */
export interface CommandOutcome {
  readonly kind: 'ok' | 'red' | 'spoiled';
  /** What happened, for people; empty for `ok`. */
  readonly reason: string;
  /** Lines of the console that explain a guest that was lost, or what its kernel complained of. */
  readonly console: readonly string[];
  /** The files that were asked for and are there, by their path in the guest. */
  readonly files: ReadonlyMap<string, Buffer>;
}

/** What receives what a command writes, as it comes. */
export type OnOutput = (from: OutputName, piece: Buffer) => void;

/** The largest file that is read out of a guest, in bytes. */
const FILE_BYTES = 256 * 1024 * 1024;

/** Runs a command in a fresh guest. Throws only what the host did before there was a guest, and when the session is ended. */
export async function execOn(
  kernel: Kernel,
  shape: GuestShape,
  command: GuestCommand,
  { guests, signal, onOutput }: { guests: GuestSource; signal: AbortSignal; onOutput: OnOutput },
): Promise<CommandOutcome> {
  await using workspace = await makeWorkspace();
  const dir = join(workspace.dir, 'guest');
  await mkdir(dir);
  try {
    await using bed = await guests.start(kernel, shape, { dir });
    return await bed.whileAlive(runIn(bed, command, onOutput));
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof GuestFailure)) throw error;
    const spoiled = error.kind === 'infra' || error.kind === 'error';
    return {
      kind: spoiled ? 'spoiled' : 'red',
      reason: error.message,
      console: error.consoleTail,
      files: new Map(),
    };
  }
}

async function runIn(bed: Testbed, command: GuestCommand, onOutput: OnOutput): Promise<CommandOutcome> {
  const { argv, env, input, timeoutMs, wanted } = command;
  const request = { argv, env, cwd: GUEST_HOME, timeout_ms: timeoutMs, ...(input !== null && { input }) };
  const failure = await runCommand(bed.dut, request, onOutput).then(
    ({ late, signal, status }) =>
      late
        ? `was killed after ${timeoutMs / 1000} s; --timeout sets another limit`
        : signal !== null
          ? `was killed by ${signal}`
          : status === 0
            ? null
            : `ended with status ${status}`,
    (error: unknown) => notStarted(error),
  );
  const files = await filesOf(bed.dut, wanted);
  const missing = wanted.filter(path => !files.has(path));
  const complaints = await bed.complaints();
  const reasons = [
    ...(failure === null ? [] : [`\`${argv.join(' ')}\` ${failure}`]),
    ...missing.map(path => `the guest has no file ${path}`),
    ...(complaints.length === 0 ? [] : [`the kernel complained: ${complaints.join('; ')}`]),
  ];
  return {
    kind: reasons.length === 0 ? 'ok' : 'red',
    reason: reasons.join('; '),
    console: complaints.length === 0 ? [] : bed.consoleTail,
    files,
  };
}

/** What kept a command from starting. Anything but a refusal of the guest's kernel is thrown again. */
function notStarted(error: unknown): string {
  if (!(error instanceof AgentError)) throw error;
  const { errno, where } = error.failure;
  if (errno === 'ENOENT' && where === 'execve')
    return 'is not in the guest (execve: ENOENT): --program copies one of the host with its libraries, --file any file';
  return `could not be started (${where}: ${errno})`;
}

/** The files that are there, by their path. Throws `infra` for one of more than 256 MiB. */
export async function filesOf(guest: RunningGuest, paths: readonly string[]): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const path of paths) {
    const content = await readGuestFile(guest, path, FILE_BYTES).catch((error: unknown) => {
      if (error instanceof AgentError) return undefined;
      throw error;
    });
    if (content === null)
      throw new BpfrigError('infra', `${path} in the guest has more than ${FILE_BYTES / 1024 ** 2} MiB`);
    if (content !== undefined) files.set(path, content);
  }
  return files;
}
