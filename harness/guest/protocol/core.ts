import { z } from 'zod';
import { op } from './op.ts';
import { EXACT_MAX, hex, int, nothing } from './words.ts';

/** What a command has come to, and what it wrote since the last answer about it. */
const commandPiece = z
  .object({
    running: z.int().describe('number of the command, for `exec_more`'),
    over: z.boolean().describe('it has ended, and nothing more is to come'),
    late: z.boolean().describe('it was killed because its time was over'),
    status: z
      .int()
      .nullable()
      .describe('exit status, or 128 + the signal that killed it; null before it is over'),
    signal: z.string().nullable().describe('name of the signal that killed it'),
    stdout: hex.describe('at most 256 KiB'),
    stderr: hex.describe('at most 256 KiB'),
  })
  .readonly();

/** Ops that every guest needs: who it is, templates and clones, many requests in one, files and commands. */
export const CORE_OPS = {
  hello: op(
    'Reports which kernel this is and which CPUs it has. Begins a new session.',
    {},
    z
      .object({
        agent: z.string(),
        release: z.string().describe('`uname -r`'),
        version: z.string().describe('`uname -v`'),
        cpus_online: z.array(z.int()).readonly(),
        cpus_possible: z.array(z.int()).readonly(),
        kernel_max: z.int().describe('NR_CPUS - 1'),
      })
      .readonly(),
  ),
  batch: op(
    'Runs many requests in one round trip, in order, none skipped. A batch holds no batch and no background request.',
    { requests: z.array(z.record(z.string(), z.unknown())).readonly() },
    z
      .object({
        answers: z
          .array(z.object({ ok: z.unknown().optional(), error: z.unknown().optional() }).readonly())
          .readonly(),
      })
      .readonly(),
  ),
  keep: op('From now on nothing that a session made is dropped at its end: for a template.', {}, nothing),
  renew: op(
    'Makes the clock, the random numbers and the host name of a clone its own.',
    { time_ns: int(0, EXACT_MAX).describe('since 1970'), entropy: hex, name: z.string() },
    nothing,
  ),
  read_file: op(
    'Reads a file.',
    { path: z.string() },
    z.object({ data: z.string().describe('the text') }).readonly(),
  ),
  read_bytes: op(
    'Reads up to 1 MiB of a file.',
    { path: z.string(), offset: int(0, EXACT_MAX) },
    z.object({ data: hex.describe('empty at the end') }).readonly(),
  ),
  write_file: op(
    'Writes a file by one write(2), truncated first, which clears a trigger file of tracefs.',
    { path: z.string(), data: z.string() },
    nothing,
  ),
  exec: op(
    'Runs a command without a shell. One that takes longer than its time is an `agent` error.',
    {
      argv: z.array(z.string()).readonly(),
      timeout_ms: int(1, 3_600_000).optional().describe('10,000 without it'),
    },
    z
      .object({
        status: z.int().describe('exit status; 128 + the signal that killed it'),
        stdout: z.string().describe('at most 1 MiB'),
        stderr: z.string().describe('at most 1 MiB'),
      })
      .readonly(),
  ),
  exec_start: op(
    'Starts a command without a shell, and answers with what it wrote within half a second. It is killed after its time.',
    {
      argv: z.array(z.string()).readonly(),
      env: z.array(z.string()).readonly().optional().describe('`NAME=value`, over the agent’s own'),
      cwd: z.string().optional(),
      input: z.string().optional().describe('its standard input; empty without it'),
      timeout_ms: int(1, 3_600_000).optional().describe('10,000 without it'),
    },
    commandPiece,
  ),
  exec_more: op(
    'Waits for more of a command that is not over. Each piece is answered once.',
    { running: int(1, EXACT_MAX) },
    commandPiece,
  ),
  rlimit: op(
    'Sets the soft RLIMIT_MEMLOCK of the agent.',
    { memlock: int(0, EXACT_MAX).describe('bytes') },
    nothing,
  ),
};
