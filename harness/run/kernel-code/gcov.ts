import { open, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { boundedCount, type FunctionCoverage, type LineCoverage } from '../../model/code-coverage.ts';
import type { MeasuredSource } from '../../model/kernel.ts';
import { BpfrigError, messageOf } from '../../util/errors.ts';
import {
  commandFailure,
  hostCommand,
  HostCommandError,
  type HostCommandResult,
} from '../../util/host-command.ts';
import { makeWorkspace } from '../../util/workspace.ts';

/** What gcov reports of one source file: no text, and no name for functions that were inlined everywhere. */
export interface Executed {
  readonly functions: readonly FunctionCoverage[];
  readonly lines: readonly Omit<LineCoverage, 'text'>[];
}

/**
 * The host's gcov for the notes of a source: each release of gcc has a format of its own, which only its own gcov reads. Throws `infra` where
 * the host does not have that one, or where there are no notes.
 */
export async function findGcov({ source, notes }: MeasuredSource): Promise<string> {
  const wanted = await releaseOfNotes(notes);
  const usual = await releaseOfGcov('gcov');
  if (usual === wanted) return 'gcov';
  const named = `gcov-${wanted}`;
  if ((await releaseOfGcov(named)) === wanted) return named;
  const have = usual === null ? 'no gcov' : `gcov of gcc ${usual}`;
  const other = usual === null ? '' : `, or build the tree with gcc ${usual}`;
  throw new BpfrigError(
    'infra',
    `${source} was compiled by gcc ${wanted}, and this host has ${have}: install gcc-${wanted}${other}`,
  );
}

/** The release of gcc that wrote a .gcno: `gcno` and `B22*` (12.2), both as numbers of the compiler's host. See gcc/gcov-io.h. */
async function releaseOfNotes(path: string): Promise<number> {
  const head = Buffer.alloc(8);
  try {
    await using file = await open(path);
    await file.read(head, 0, head.length, 0);
  } catch (cause) {
    throw new BpfrigError('infra', `cannot read the notes of the compiler: ${messageOf(cause)}`, { cause });
  }
  if (head.toString('latin1').startsWith('oncg')) head.swap32();
  const [, tens = '', ones = ''] = /^gcno([A-Z\d])(\d)/.exec(head.toString('latin1')) ?? [];
  if (ones === '') throw new BpfrigError('infra', `${path} has no notes of gcc: build the tree again`);
  // Before release 5 the first digit was the release.
  if (/\d/.test(tens)) return Number(tens);
  return 10 * (tens.charCodeAt(0) - 'A'.charCodeAt(0)) + Number(ones);
}

/** `gcov (Debian 12.2.0-14+deb12u1) 12.2.0`: 12; null where there is no such program. */
async function releaseOfGcov(program: string): Promise<number | null> {
  try {
    const { stdout } = await hostCommand(program, ['--version'], { timeoutMs: 10_000 });
    const release = /^\S+ .* (\d+)\.\d+/.exec(stdout.split('\n', 1)[0] ?? '')?.[1];
    return release === undefined ? null : Number(release);
  } catch (error) {
    if (error instanceof HostCommandError && error.trouble === 'missing') return null;
    throw error;
  }
}

/** What gcov reports on standard error where counts do not belong to the notes, or are not whole: after some of it, it ends with 0. */
const TROUBLE = /mismatch|corrupted|overflowed|not a gcov|unknown function|unsolvable|prefer/;

/**
 * Lets gcov read the notes of a source with the counters of a kernel; null: as if nothing had been executed. Only lines of the source itself
 * are returned, not those of headers. Throws `infra` if gcov does not take them.
 */
export async function runGcov(
  program: string,
  { source, notes }: MeasuredSource,
  counters: Uint8Array | null,
  signal: AbortSignal,
): Promise<Executed> {
  if (counters?.length === 0) throw new BpfrigError('infra', `the counters of ${source} are empty`);
  await using workspace = await makeWorkspace();
  const input = join(workspace.dir, 'measured.gcno');
  await symlink(notes, input);
  if (counters !== null) await writeFile(join(workspace.dir, 'measured.gcda'), counters);
  const result = await hostCommand(program, ['--json-format', '--stdout', '--branch-probabilities', input], {
    timeoutMs: 60_000,
    cwd: workspace.dir,
    env: { LC_ALL: 'C' },
    signal,
  });
  const trouble = result.stderr.split('\n').find(line => TROUBLE.test(line));
  if (trouble !== undefined) {
    // Without the name of the temporary file: many cells may have the same.
    const what = trouble.replace(`${join(workspace.dir, 'measured')}.`, '');
    throw new BpfrigError('infra', `gcov cannot read the counters of ${source} with ${notes}: ${what}`, {
      detail: result.stderr,
    });
  }
  if (!result.ok) throw commandFailure(`gcov cannot read the counters of ${source}`, result);
  return executedOf(result, source);
}

// gcc/gcov.c, output_intermediate_json_line; formats 1 (gcc 9) and 2 (gcc 14) have these.
const gcovDocument = z.object({
  files: z.array(
    z.object({
      file: z.string(),
      functions: z.array(z.object({ name: z.string(), start_line: z.int(), execution_count: z.number() })),
      lines: z.array(
        z.object({
          line_number: z.int(),
          function_name: z.string().default(''),
          count: z.number(),
          branches: z.array(z.object({ count: z.number() })).default([]),
        }),
      ),
    }),
  ),
});

function executedOf({ stdout }: HostCommandResult, source: string): Executed {
  let own: z.infer<typeof gcovDocument>['files'][number] | undefined;
  try {
    // The compiler was given the path from the folder of the build, or an absolute one.
    own = gcovDocument
      .parse(JSON.parse(stdout))
      .files.find(({ file }) => file === source || file.endsWith(`/${source}`));
  } catch (cause) {
    throw new BpfrigError('infra', `gcov reports ${source} in another form than expected`, {
      detail: messageOf(cause),
      cause,
    });
  }
  if (own === undefined) throw new BpfrigError('infra', `gcov reports no line of ${source}`);
  const functions = own.functions.map(
    ({ name, start_line: line, execution_count: count }): FunctionCoverage => ({
      name,
      line,
      count: boundedCount(count),
    }),
  );
  // Functions that a macro makes on one line have the line once each.
  const lines = new Map<number, Executed['lines'][number]>();
  for (const { line_number: line, function_name: name, count, branches } of own.lines) {
    const before = lines.get(line);
    lines.set(line, {
      line,
      function: before?.function ?? name,
      count: boundedCount((before?.count ?? 0) + boundedCount(count)),
      branches: [...(before?.branches ?? []), ...branches.map(branch => boundedCount(branch.count))],
    });
  }
  return {
    functions: functions.toSorted((a, b) => a.line - b.line),
    lines: [...lines.values()].toSorted((a, b) => a.line - b.line),
  };
}
