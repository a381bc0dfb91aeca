import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { execa } from 'execa';
import { BpfrigError } from '../util/errors.ts';
import { confine, CONSOLE_MAX_BYTES, type QemuUser } from './privileges.ts';

/** How a QEMU ended. */
export interface VmEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Last of what QEMU wrote to stderr. */
  readonly stderr: string;
}

/** A QEMU that was spawned. */
export interface VmProcess {
  readonly pid: number;
  /** Settles when the process is gone; never rejects. */
  readonly ended: Promise<VmEnd>;
  /** Null while it runs. */
  end(): VmEnd | null;
  kill(): void;
}

/** QEMU's program; a test names a fixture instead. */
export const QEMU = process.env['BPFRIG_QEMU'] ?? 'qemu-system-x86_64';

/** What a QEMU is started with, apart from its arguments. */
export interface QemuStart {
  /** Folder that it is started in. */
  readonly cwd: string;
  readonly user: QemuUser | null;
  readonly accel: 'kvm' | 'tcg';
  /** Descriptors that it inherits, from the fourth on: `openMachineFiles`. */
  readonly descriptors: readonly number[];
  /** Kills it when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Most that the console may hold, in bytes; absent: `CONSOLE_MAX_BYTES`. */
  readonly consoleMaxBytes?: number | undefined;
}

/**
 * Spawns QEMU so that it has as few privileges as it needs and cannot outlive bpfrig (`confine`). It gets a session of its own, so that a
 * Ctrl-C at the terminal reaches bpfrig alone, which then reports and stops it in order.
 */
export function spawnQemu(args: readonly string[], start: QemuStart): VmProcess {
  const { cwd, user, accel, descriptors, signal, consoleMaxBytes = CONSOLE_MAX_BYTES } = start;
  const [program, ...words] = confine(user, accel, consoleMaxBytes);
  // A path in BPFRIG_QEMU is relative to bpfrig's folder.
  const qemu = QEMU.includes('/') ? resolve(QEMU) : QEMU;
  const child = spawn(program, [...words, qemu, ...args], {
    cwd,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', ...descriptors],
  });
  const stderr = lastText(child);
  let end: VmEnd | null = null;
  const ended = new Promise<VmEnd>(settle => {
    const settleOnce = (exitCode: number | null, by: string | null): void => {
      end ??= { exitCode, signal: by, stderr: withoutExpected(stderr().trim()) };
      settle(end);
    };
    child.once('error', () => settleOnce(null, null));
    child.once('close', settleOnce);
  });
  const kill = (): void => void child.kill('SIGKILL');
  signal?.addEventListener('abort', kill);
  // A signal that was aborted before calls no listener.
  if (signal?.aborted) kill();
  void ended.then(() => signal?.removeEventListener('abort', kill));
  if (child.pid === undefined)
    throw new BpfrigError(
      'infra',
      `cannot start ${program}: is util-linux installed? (./bpfrig doctor --fix)`,
    );
  return { pid: child.pid, ended, end: () => end, kill };
}

/** How much of stderr is kept, in characters: the end of it. */
const STDERR_CHARS = 64 * 1024;

/** Collects the end of what a process writes to stderr. */
function lastText({ stderr }: ChildProcess): () => string {
  let text = '';
  stderr?.setEncoding('utf8');
  stderr?.on('data', (chunk: string) => (text = (text + chunk).slice(-STDERR_CHARS)));
  stderr?.on('error', () => undefined);
  return () => text;
}

/** Without what QEMU always says here: its hubs join guests' NICs, and the host is meant to have no port there. */
function withoutExpected(stderr: string): string {
  return stderr
    .split('\n')
    .filter(line => !/warning: hub \d+ is not connected to host network$/.test(line))
    .join('\n');
}

/** QEMU's version, for example `7.2.22`. Throws `infra` when there is none. */
export async function qemuVersion(): Promise<string> {
  const result = await execa(QEMU, ['--version'], { reject: false });
  const version = /version (\S+)/.exec(String(result.stdout))?.[1];
  if (version === undefined)
    throw new BpfrigError('infra', `${QEMU} does not run: install qemu-system-x86 (./bpfrig doctor --fix)`);
  return version;
}
