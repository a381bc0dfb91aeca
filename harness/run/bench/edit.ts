import { cp, mkdir, writeFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import type { RunEvent } from '../../model/events.ts';
import { BpfrigError } from '../../util/errors.ts';
import { PACKAGE_ROOT } from '../../util/paths.ts';
import { makeWorkspace } from '../../util/workspace.ts';

const EXAMPLE = join(PACKAGE_ROOT, 'examples', 'project', 'tests');
const EDITS = 5;

/**
 * Milliseconds from an edit of a program to the last verdict of its scenario, one variant on the default kernels, by a real `bpfrig run --watch`
 * of a project of its own; one for each edit. Throws `infra` where a cell does not pass.
 */
export async function editToVerdictMs(signal: AbortSignal): Promise<number[]> {
  await using workspace = await makeWorkspace();
  const tests = join(workspace.dir, 'tests');
  await mkdir(tests);
  await writeFile(join(workspace.dir, 'bpfrig.yaml'), 'suites: [tests]\n');
  for (const name of ['firewall.yaml', 'firewall.bpf.c']) await cp(join(EXAMPLE, name), join(tests, name));
  const argv = ['run', '--watch', '--variant', 'nic=veth', '--reporter', 'jsonl'];
  const child = execa(process.execPath, [join(PACKAGE_ROOT, 'dist', 'cli', 'start.js'), ...argv], {
    cwd: workspace.dir,
    env: { BPFRIG_RESULTS: join(workspace.dir, 'results') },
    stdin: 'ignore',
    stderr: 'ignore',
    reject: false,
    buffer: false,
    cancelSignal: signal,
  });
  const ends = endsOf(createInterface({ input: child.stdout }));
  try {
    // The first run makes what the others have.
    await nextEnd(ends);
    const times: number[] = [];
    for (let edit = 0; edit < EDITS; edit += 1) {
      const path = join(tests, 'firewall.bpf.c');
      const text = await readFile(path, 'utf8');
      const started = performance.now();
      await writeFile(path, `${text}\nint edited_${edit};\n`);
      await nextEnd(ends);
      times.push(performance.now() - started);
    }
    return times;
  } finally {
    child.kill('SIGINT');
    await child;
  }
}

type RunEnd = Extract<RunEvent, { type: 'run-end' }>;

async function* endsOf(lines: AsyncIterable<string>): AsyncGenerator<RunEnd> {
  for await (const line of lines) {
    const event = JSON.parse(line) as RunEvent;
    if (event.type === 'run-end') yield event;
  }
}

async function nextEnd(ends: AsyncGenerator<RunEnd>): Promise<void> {
  const { value } = (await ends.next()) as { value?: RunEnd };
  if (value?.exitCode !== 0)
    throw new BpfrigError('infra', `bench: a run of the watch ended with ${value?.exitCode ?? 'no verdict'}`);
}
