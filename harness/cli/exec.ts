import { resolve } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { StringDecoder } from 'node:string_decoder';
import { Command, InvalidArgumentError, Option } from 'commander';
import PQueue from 'p-queue';
import { loadCatalogue } from '../kernel/catalogue.ts';
import type { OutputName } from '../guest/command.ts';
import { EXIT } from '../model/exit-code.ts';
import { defaultJobs } from '../run/default-jobs.ts';
import type { GuestShape } from '../run/guests.ts';
import { execOn, type CommandOutcome, type GuestCommand, type OnOutput } from '../run/exec-command.ts';
import { openProject } from '../run/project.ts';
import { requestedKernels, type RequestedKernel } from '../run/requested-kernel.ts';
import { inSession, type Session } from '../run/session.ts';
import { logText } from '../report/text.ts';
import { durationMs } from '../scenario/exec-step.ts';
import { BpfrigError } from '../util/errors.ts';
import { launcher } from '../util/launcher.ts';
import type { AcceleratorChoice } from '../vm/accelerator.ts';
import {
  addGuestOptions,
  guestOfOptions,
  keepFile,
  pathInGuest,
  type GuestOptions,
} from './guest-options.ts';
import { onProgress } from './progress.ts';
import { kernelOption, jobsOption, acceleratorOption, lockedOption } from './run-options.ts';

/** Options of `exec` as commander returns them. */
interface ExecOptions extends GuestOptions {
  readonly kernel: readonly string[];
  readonly env: readonly string[];
  readonly nic: 'none' | 'veth' | 'virtio';
  readonly timeout: number;
  readonly stdin?: boolean;
  readonly jobs?: number;
  readonly accel: AcceleratorChoice;
  readonly locked?: boolean;
}

/** The agent kills a command after an hour at the latest. */
const MOST_MS = 3_600_000;

/** `bpfrig exec`: a command in a fresh guest, on one kernel or several. */
export function execCommand(): Command {
  const command = new Command('exec')
    .description(
      'Run a command in a fresh guest of a kernel, or of several; what it writes is shown as it comes.',
    )
    .argument('<command...>', 'the program and its arguments, after the options; no shell is between')
    .passThroughOptions()
    .addOption(kernelOption());
  return addGuestOptions(command, 'when the command has ended')
    .option('--env <name=value>', 'a variable of the command (repeatable)', variable, [])
    .addOption(
      new Option('--nic <kind>', 'devices tx and rx').choices(['none', 'veth', 'virtio']).default('veth'),
    )
    .option(
      '--timeout <duration>',
      'when the command is killed: milliseconds, or "90 s", "10 min"',
      duration,
      600_000,
    )
    .option('--stdin', "the command reads bpfrig's standard input; it is empty otherwise")
    .addOption(jobsOption('guests'))
    .addOption(acceleratorOption())
    .addOption(lockedOption())
    .addHelpText('after', EXPLANATION)
    .action(async (argv: string[], options: ExecOptions) => {
      process.exitCode = await exec(argv, options);
    });
}

const EXPLANATION = `
Examples:
  ${launcher()} exec --kernel 6.12 -- uname -a
  ${launcher()} exec --kernel all --program bpftool -- bpftool feature probe kernel
  ${launcher()} exec --kernel 7.3 --file ./tests --get /root/tests/log -- sh -c 'cd tests && ./run > log'

With several kernels each line begins with its kernel, and files that are brought back are in a folder for each.

Exit codes: 0 the command ended with status 0 on every kernel; 1 it did not, its guest was lost, or the kernel complained (BUG, WARN,
a stall …); 2 usage; 3 the host kept some from an answer.
`;

function variable(text: string, before: readonly string[]): string[] {
  if (!/^[A-Za-z_]\w*=/.test(text)) throw new InvalidArgumentError(`'${text}' must be NAME=VALUE.`);
  return [...before, text];
}

function duration(text: string): number {
  const ms = durationMs(/^\d+$/.test(text) ? Number(text) : text);
  if (ms === null || ms < 1 || ms > MOST_MS)
    throw new InvalidArgumentError(`'${text}' must be milliseconds or a text such as "90 s", up to 60 min.`);
  return ms;
}

async function exec(argv: readonly string[], options: ExecOptions): Promise<number> {
  const { accel, locked = false, kernel, get, env, timeout } = options;
  const jobs = options.jobs ?? openProject().jobs ?? defaultJobs();
  if (kernel.length === 0) throw new BpfrigError('usage', 'exec: --kernel says which; `all` is every series');
  const kernels = await requestedKernels(kernel, loadCatalogue());
  const shape = { topology: options.nic, guest: guestOfOptions('exec', options, options.nic) };
  const command: GuestCommand = {
    argv,
    env,
    input: options.stdin === true ? await readAll(process.stdin) : null,
    timeoutMs: timeout,
    wanted: get.map(pathInGuest),
  };
  return await inSession(
    { accel, jobs: Math.min(jobs, kernels.length), locked, onProgress },
    async session => {
      const guests = session.guests();
      const queue = new PQueue({ concurrency: jobs });
      const one = (requested: RequestedKernel): Promise<number> =>
        runOn(requested, { session, guests, shape, command, options, alone: kernels.length === 1 });
      const codes = await queue.addAll(kernels.map(requested => () => one(requested)));
      return codes.includes(EXIT.red) ? EXIT.red : codes.includes(EXIT.infra) ? EXIT.infra : EXIT.ok;
    },
  );
}

interface Turn {
  readonly session: Session;
  readonly guests: ReturnType<Session['guests']>;
  readonly shape: GuestShape;
  readonly command: GuestCommand;
  readonly options: ExecOptions;
  /** It is the only kernel: its output is passed on as it is. */
  readonly alone: boolean;
}

async function runOn(requested: RequestedKernel, turn: Turn): Promise<number> {
  const { session, guests, shape, command, alone } = turn;
  const output = alone ? passedOn() : prefixed(requested.id);
  try {
    const kernel = await session.fetch(requested);
    const outcome = await execOn(kernel, shape, command, {
      guests,
      signal: session.signal,
      onOutput: output.take,
    });
    output.end();
    await keepFiles(outcome, requested.id, turn);
    return told(outcome, requested.id);
  } catch (error) {
    session.signal.throwIfAborted();
    // On one kernel alone the way of every command; on several, the others go on.
    if (alone || !(error instanceof BpfrigError)) throw error;
    console.error(`bpfrig: ${requested.id}: ${logText(error.message)}`);
    return error.code === 'topology' ? EXIT.red : EXIT.infra;
  }
}

function told({ kind, reason, console: lines }: CommandOutcome, id: string): number {
  if (kind === 'ok') return EXIT.ok;
  console.error(`bpfrig: ${id}: ${logText(reason)}`);
  for (const line of lines) console.error(logText(line));
  return kind === 'red' ? EXIT.red : EXIT.infra;
}

/** Where output goes, and what is done when it ends. */
interface Sink {
  readonly take: OnOutput;
  readonly end: () => void;
}

function passedOn(): Sink {
  return { take: (from, piece) => void process[from].write(piece), end: () => undefined };
}

/** Whole lines, each with the kernel in front, so that those of several kernels can be told apart. */
function prefixed(id: string): Sink {
  const ends = (['stdout', 'stderr'] as const).map(from => ({
    from,
    decoder: new StringDecoder('utf8'),
    text: '',
  }));
  const print = (from: OutputName, line: string): void =>
    void process[from].write(`${id.padEnd(6)} | ${line}\n`);
  return {
    take: (from, piece) => {
      const end = ends.find(one => one.from === from);
      if (end === undefined) return;
      const lines = (end.text + end.decoder.write(piece)).split('\n');
      end.text = lines.pop() ?? '';
      for (const line of lines) print(from, line);
    },
    end: () => {
      for (const { from, decoder, text } of ends) {
        const rest = text + decoder.end();
        if (rest !== '') print(from, rest);
      }
    },
  };
}

async function keepFiles(
  { files }: CommandOutcome,
  id: string,
  { options, command, alone }: Turn,
): Promise<void> {
  const folder = alone ? '.' : resolve(id.replace(/[^\w.+~-]/g, '_'));
  for (const [index, wanted] of options.get.entries()) {
    const content = files.get(command.wanted[index] ?? '');
    if (content !== undefined) await keepFile(wanted, content, folder);
  }
}
