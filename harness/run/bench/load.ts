import { join } from 'node:path';
import { execa } from 'execa';
import { BpfrigError } from '../../util/errors.ts';
import { PACKAGE_ROOT } from '../../util/paths.ts';

/** The object of the figure: 50 programs. */
const FIFTY = join(PACKAGE_ROOT, 'harness', 'run', 'bench', 'fifty.bpf.c');

/**
 * Milliseconds of a `bpfrig load` of 50 programs on the default kernels, from the start of its process, after one that makes templates and the
 * object. Throws `infra` where a program is not loaded.
 */
export async function loadFiftyMs(signal: AbortSignal): Promise<number> {
  await loadOnce(signal);
  return await loadOnce(signal);
}

async function loadOnce(signal: AbortSignal): Promise<number> {
  const started = performance.now();
  const { exitCode, stdout } = await execa(join(PACKAGE_ROOT, 'bpfrig'), ['load', FIFTY], {
    cwd: PACKAGE_ROOT,
    reject: false,
    stdin: 'ignore',
    stderr: 'ignore',
    cancelSignal: signal,
  });
  signal.throwIfAborted();
  if (exitCode !== 0)
    throw new BpfrigError('infra', `bench: load of ${FIFTY} ended with ${exitCode}`, { detail: stdout });
  return performance.now() - started;
}
