import { AgentError } from '../guest/agent-error.ts';
import { changedFrames } from '../guest/changed-frames.ts';
import { oneFrame } from '../guest/one-frame.ts';
import type { ChangedFrames } from '../model/changed-frames.ts';
import type { StackRow } from '../model/observations.ts';
import { describeChange, explains, type ProgramRun } from '../oracle/changes.ts';
import type { LoadedProgram, StepContext } from './steps/context.ts';
import type { Announcements } from './steps/announcements.ts';

/** Of all sources together, so many frames that are described. */
const FRAMES = 1024;
/** Between two numbers whose bytes all differ. */
const FAR = 0x0101_0101;

/** What the frames have in common that are not as sent; null: all are, or no program of the scenario could explain it. */
export async function readChanges(
  ctx: StepContext,
  rows: readonly StackRow[],
): Promise<ChangedFrames | null> {
  if (ownPrograms(ctx).length === 0 || rows.every(isAsSent)) return null;
  const answer = await ctx.guest.call('stack_changed', { dev: 'rx' });
  return changedFrames(answer.rows, answer.strangers, ctx.byteOrder);
}

/**
 * Finds out whether a program of the scenario explains why frames did not arrive as they were sent: runs each of its own programs on
 * devices over some frames of each source, by itself (BPF_PROG_TEST_RUN), and compares. Returns what the program does, one sentence;
 * null: none explains it.
 *
 * It must come after everything else was read: the programs count and write what they always do.
 */
export async function explainChanges(ctx: StepContext, arrived: ChangedFrames): Promise<string | null> {
  for (const program of ownPrograms(ctx)) {
    const text = await explanation(ctx, program, arrived);
    if (text !== null) return text;
  }
  return null;
}

function ownPrograms({ programs }: StepContext): LoadedProgram[] {
  return [...programs.values()].filter(({ object, role }) => object.own && role === 'main');
}

function isAsSent({ skbs, unnumbered, exact, ahead }: StackRow): boolean {
  return skbs + unnumbered === exact + ahead;
}

async function explanation(
  ctx: StepContext,
  program: LoadedProgram,
  arrived: ChangedFrames,
): Promise<string | null> {
  const runs: ProgramRun[] = [];
  try {
    for (const { frames, bytes } of framesOf(ctx.announced)) {
      const data = bytes.toString('hex');
      const { data_out: after } = await ctx.guest.call('test_run', { program: program.handle, data });
      if (after === undefined) return null;
      runs.push({ frames, before: bytes, after: Buffer.from(after, 'hex') });
    }
  } catch (error) {
    // A kernel that does not run such a program by itself explains nothing.
    if (error instanceof AgentError && error.failure.kind === 'kernel') return null;
    throw error;
  }
  return explains(runs, arrived, ctx.byteOrder) ? describeChange(program.name, runs) : null;
}

/** Frames as the sources of a cell send them. */
function framesOf({
  sources,
  described,
}: Announcements): { readonly frames: ProgramRun['frames']; readonly bytes: Buffer }[] {
  const numbered = sources.flatMap(({ frames }) => {
    const last = frames.flows * frames.threads - 1;
    const ports = [...new Set([0, Math.min(1, last), last])].map(flow => frames.port + flow);
    const numbers = [frames.first, frames.first + FAR];
    return ports.flatMap(port => numbers.map(number => ({ frames, bytes: oneFrame(frames, number, port) })));
  });
  const listed = [...described.values()].slice(0, FRAMES);
  return [...numbered, ...listed.map(({ bytes }) => ({ frames: null, bytes }))];
}
