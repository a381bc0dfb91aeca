import { execa } from 'execa';
import { BpfrigError } from '../util/errors.ts';

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

/**
 * Spawns QEMU so that it cannot outlive bpfrig: setpriv asks the kernel to kill it when its parent dies, in whatever way.
 * It is killed too when `signal` is aborted. It gets a session of its own, so that a Ctrl-C at the terminal reaches bpfrig alone, which then reports and stops it in order.
 */
export function spawnQemu(args: readonly string[], signal?: AbortSignal): VmProcess {
  const child = execa('setpriv', ['--pdeathsig', 'KILL', QEMU, ...args], {
    reject: false,
    cleanup: true,
    detached: true,
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
    buffer: true,
    maxBuffer: 1_000_000,
  });
  let end: VmEnd | null = null;
  const ended = child.then(result => {
    end = {
      exitCode: result.exitCode ?? null,
      signal: result.signal ?? null,
      stderr: String(result.stderr ?? '').trim(),
    };
    return end;
  });
  const kill = (): void => void child.kill('SIGKILL');
  signal?.addEventListener('abort', kill);
  // A signal that was aborted before calls no listener.
  if (signal?.aborted) kill();
  void ended.then(() => signal?.removeEventListener('abort', kill));
  if (child.pid === undefined)
    throw new BpfrigError('infra', `cannot start ${QEMU}: is it installed? (./bpfrig doctor --fix)`);
  return { pid: child.pid, ended, end: () => end, kill };
}

/** QEMU's version, for example `7.2.22`. Throws `infra` when there is none. */
export async function qemuVersion(): Promise<string> {
  const result = await execa(QEMU, ['--version'], { reject: false });
  const version = /version (\S+)/.exec(String(result.stdout))?.[1];
  if (version === undefined)
    throw new BpfrigError('infra', `${QEMU} does not run: install qemu-system-x86 (./bpfrig doctor --fix)`);
  return version;
}
