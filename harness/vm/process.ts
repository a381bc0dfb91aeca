import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { architecture } from '../arch/architectures.ts';
import type { ArchName } from '../model/kernel.ts';
import { within } from '../util/deadline.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { killGroup } from '../util/host-command.ts';
import { confine, type QemuUser } from './privileges.ts';
import { launcher } from '../util/launcher.ts';

/** How the process of a QEMU ended. */
export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Last of what QEMU wrote to stderr. */
  readonly stderr: string;
}

/** A QEMU that was spawned. */
export interface VmProcess {
  readonly pid: number;
  /** Settles when the process is gone; never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** Null while it runs. */
  end(): ProcessEnd | null;
  /** Whether it is stopped by a signal or a debugger, so that it cannot do anything. */
  stopped(): boolean;
  /** Kills it and everything that it has started, and waits until it is gone, but not for ever: a process may hang in the kernel. */
  kill(): Promise<void>;
}

/** QEMU's program for guests of an architecture. `BPFRIG_QEMU` names that of x86-64, `BPFRIG_QEMU_ARM64` and the like those of others; a test names a fixture. */
export function qemuProgram(arch: ArchName): string {
  const variable = arch === 'amd64' ? 'BPFRIG_QEMU' : `BPFRIG_QEMU_${arch.toUpperCase()}`;
  return process.env[variable] ?? architecture(arch).machine.qemu.program;
}

/** What a QEMU is started with, apart from its arguments. */
export interface QemuStart {
  /** Folder that it is started in. */
  readonly cwd: string;
  readonly user: QemuUser | null;
  readonly arch: ArchName;
  readonly accel: 'kvm' | 'tcg';
  /** Descriptors that it inherits, from the fourth on: `openMachineFiles`. */
  readonly descriptors: readonly number[];
  /** Kills it when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Most that the console may hold, in bytes. */
  readonly consoleMaxBytes: number;
}

/** How long a killed QEMU may take to be gone. One in an uninterruptible system call is left to the kernel. */
const GONE_MS = 5_000;

/** How long what a QEMU wrote before its end may take to be read. Something that it has started may hold its stderr open. */
const LAST_WORDS_MS = 300;

/** How much of stderr is kept, in characters: the end of it. */
const STDERR_CHARS = 64 * 1024;

/**
 * Spawns QEMU so that it has as few privileges as it needs and cannot outlive bpfrig (`confine`). It gets a session of its own, so that a
 * Ctrl-C at the terminal reaches bpfrig alone, which then reports and stops it in order. Throws `infra` when it cannot be started.
 */
export async function spawnQemu(args: readonly string[], start: QemuStart): Promise<VmProcess> {
  const { cwd, user, arch, accel, descriptors, signal, consoleMaxBytes } = start;
  const [program, ...words] = confine(user, accel, consoleMaxBytes);
  // A path in BPFRIG_QEMU is relative to bpfrig's folder.
  const named = qemuProgram(arch);
  const qemu = named.includes('/') ? resolve(named) : named;
  const child = spawn(program, [...words, qemu, ...args], {
    cwd,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', ...descriptors],
  });
  const pid = await started(child, `${named} by ${program} in ${cwd}`);
  const stderr = lastText(child);
  let end: ProcessEnd | null = null;
  const ended = new Promise<ProcessEnd>(settle => {
    child.once('exit', (exitCode, how) => {
      void within(LAST_WORDS_MS, stderr.closed).then(() => {
        end = { exitCode, signal: how, stderr: withoutExpected(stderr.text().trim()) };
        settle(end);
      });
    });
  });
  const kill = async (): Promise<void> => {
    killGroup(pid);
    await within(GONE_MS, ended);
  };
  const onAbort = (): void => void kill();
  signal?.addEventListener('abort', onAbort);
  // A signal that was aborted before calls no listener.
  if (signal?.aborted) onAbort();
  void ended.then(() => signal?.removeEventListener('abort', onAbort));
  return { pid, ended, end: () => end, stopped: () => isStopped(pid), kill };
}

/** The id of a process that was spawned. Throws `infra` with the reason why there is none: no such program, no descriptor, no memory. */
async function started(child: ChildProcess, what: string): Promise<number> {
  return await new Promise((resolve, reject) => {
    child.once('spawn', () => resolve(child.pid ?? 0));
    // Later errors too: a signal that could not be sent must not end bpfrig.
    child.on('error', error => {
      const remedy = `(${launcher()} doctor says what is missing)`;
      reject(new BpfrigError('infra', `cannot start ${what}: ${messageOf(error)} ${remedy}`));
    });
  });
}

/** Collects the end of what a process writes to stderr. */
function lastText({ stderr }: ChildProcess): { readonly text: () => string; readonly closed: Promise<void> } {
  let text = '';
  const closed = new Promise<void>(resolve => {
    if (stderr === null) resolve();
    stderr?.setEncoding('utf8');
    stderr?.on('data', (chunk: string) => (text = (text + chunk).slice(-STDERR_CHARS)));
    stderr?.on('error', () => undefined);
    stderr?.once('close', resolve);
  });
  return { text: () => text, closed };
}

/** Without what QEMU always says here: its hubs join guests' NICs, and the host is meant to have no port there. */
function withoutExpected(stderr: string): string {
  return stderr
    .split('\n')
    .filter(line => !/warning: hub \d+ is not connected to host network$/.test(line))
    .join('\n');
}

/** From /proc/PID/stat: T is stopped by a signal, t by a debugger (man 5 proc_pid_stat). */
function isStopped(pid: number): boolean {
  try {
    return /\) [Tt] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
