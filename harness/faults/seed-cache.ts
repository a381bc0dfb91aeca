import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { BpfrigError } from '../util/errors.ts';
import { cacheRoot, PACKAGE_ROOT } from '../util/paths.ts';
import { CONTROLS } from './scenarios.ts';

/** A warm cache with what the faults' scenarios need, and nothing else; the user's is not touched by any fault. */
export interface SeedCache extends Disposable {
  /** XDG_CACHE_HOME. */
  readonly dir: string;
}

/**
 * Runs each scenario once without a fault, in the user's cache, and copies what they used. This is also the control: a scenario
 * that does not end as it states says nothing about faults. Throws `harness` then.
 */
export async function seedCache(
  onProgress: (line: string) => void,
  cancelSignal: AbortSignal,
): Promise<SeedCache> {
  // A second earlier: a file system may keep its times less exactly than the clock.
  const began = Date.now() - 1_000;
  for (const control of CONTROLS) {
    onProgress(`control: ${control.file} on ${control.kernel} without a fault`);
    await runControl(control, cancelSignal);
  }
  const dir = mkdtempSync(join(tmpdir(), 'bf-seed-'));
  await copyUsed(cacheRoot(), join(dir, 'bpfrig'), began);
  return { dir, [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) };
}

async function runControl(
  { file, kernel, exit }: (typeof CONTROLS)[number],
  cancelSignal: AbortSignal,
): Promise<void> {
  const results = mkdtempSync(join(tmpdir(), 'bf-control-'));
  try {
    const argv = ['run', file, '--kernel', kernel, '--jobs', '1', '--out', join(results, 'run')];
    const run = await execa(join(PACKAGE_ROOT, 'bpfrig'), argv, {
      reject: false,
      stdin: 'ignore',
      env: { BPFRIG_RESULTS: results },
      cancelSignal,
    });
    if (run.exitCode !== exit)
      throw new BpfrigError(
        'harness',
        `${file} ends with ${run.exitCode} without a fault, not with ${exit}`,
        {
          detail: `${run.stdout}\n${run.stderr}`,
        },
      );
  } finally {
    rmSync(results, { recursive: true, force: true });
  }
}

/** Entries whose time of last use (their mtime) is not before `since`; apt's indexes always, since fetching them takes the network. */
async function copyUsed(from: string, to: string, since: number): Promise<void> {
  mkdirSync(to);
  for (const kind of readdirSync(from)) {
    const source = join(from, kind);
    if (kind === 'apt' || !statSync(source).isDirectory()) {
      await copy(source, to);
      continue;
    }
    mkdirSync(join(to, kind));
    for (const name of readdirSync(source)) {
      if (/^\.|\.lock$/.test(name)) continue;
      const used = statSync(join(source, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
      if (used >= since) await copy(join(source, name), join(to, kind));
    }
  }
}

async function copy(source: string, folder: string): Promise<void> {
  await execa('cp', ['-a', '--sparse=always', '--reflink=auto', source, folder]);
}
