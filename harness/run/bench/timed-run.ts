import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import type { CellResult } from '../../model/cell.ts';
import type { RunEvent } from '../../model/events.ts';
import { BpfrigError } from '../../util/errors.ts';
import { makeWorkspace } from '../../util/workspace.ts';

/** A `bpfrig run` that was timed from outside, in milliseconds from the start of its process. */
export interface TimedRun {
  readonly results: readonly CellResult[];
  readonly durationMs: number;
  readonly firstVerdictMs: number;
  /** Time in which templates became ready: much of it means that the cache was cold. */
  readonly templatesMs: number;
}

/**
 * Runs `bpfrig run` of a checkout in a process of its own, as a user does. Results of the run are not kept.
 * Throws `infra` when it ends without a verdict.
 */
export async function timedRun(
  checkout: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<TimedRun> {
  await using workspace = await makeWorkspace();
  const argv = ['run', ...args, '--reporter', 'jsonl', '--out', join(workspace.dir, 'run')];
  const started = performance.now();
  const child = execa(join(checkout, 'bpfrig'), argv, {
    cwd: checkout,
    reject: false,
    stdin: 'ignore',
    stderr: 'ignore',
    cancelSignal: signal,
    env: { BPFRIG_RESULTS: workspace.dir },
  });
  let firstVerdictMs = 0;
  let templatesMs = 0;
  const results: CellResult[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const event = JSON.parse(line) as RunEvent;
    if (event.type === 'template-ready') templatesMs += event.durationMs;
    if (event.type !== 'cell-end') continue;
    if (results.length === 0) firstVerdictMs = performance.now() - started;
    results.push(event.result);
  }
  const { exitCode } = await child;
  signal.throwIfAborted();
  if (results.length === 0)
    throw new BpfrigError(
      'infra',
      `bench: ${argv.join(' ')} in ${checkout} ended with ${exitCode} and no cell`,
    );
  return { results, durationMs: performance.now() - started, firstVerdictMs, templatesMs };
}
