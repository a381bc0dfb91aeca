import { writeFile } from 'node:fs/promises';
import { dirname, join, posix, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { GUEST_HOME } from '../model/guest-additions.ts';
import type { Topology } from '../model/topology.ts';
import { guestOf, guestSchema } from '../scenario/guest-schema.ts';
import type { GuestSize } from '../scenario/scenario.ts';
import { exactly } from '../scenario/step-words.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { makeFolder } from '../util/make-folder.ts';
import { collect, collectModule, memoryOption, positiveInteger } from './run-options.ts';

/** Two places of a file, `FROM[:TO]`. */
export interface Copy {
  readonly from: string;
  readonly to: string | null;
}

/** What a command's options say about its guest, as commander returns them. */
export interface GuestOptions {
  readonly file: readonly Copy[];
  readonly get: readonly Copy[];
  readonly program: readonly string[];
  readonly module: readonly string[];
  readonly append: readonly string[];
  /** Absent: as many as a guest has that does not say so. */
  readonly cpus?: number;
  /** MiB. */
  readonly memory?: number;
}

/** Gives a command the options of {@link GuestOptions}. `end`: when files are brought back. */
export function addGuestOptions(command: Command, end: string): Command {
  return command
    .option(
      '--file <src[:dst]>',
      `a file or folder for the guest; without DST in ${GUEST_HOME} (repeatable)`,
      copy,
      [],
    )
    .option('--get <path[:dst]>', `a file of the guest to bring back ${end} (repeatable)`, copy, [])
    .option(
      '--program <name>',
      'a program of the host, with its libraries: a name, a Debian package or a path (repeatable)',
      collect,
      [],
    )
    .option('--module <name>', "a module of the kernel's package to load (repeatable)", collectModule, [])
    .option('--append <words>', "words for the kernel's command line (repeatable)", collect, [])
    .option('--cpus <n>', 'CPUs of the guest (default: 4)', positiveInteger)
    .option('--memory <mib>', 'memory of the guest (default: 512)', memoryOption);
}

function copy(text: string, before: readonly Copy[]): Copy[] {
  const [from = '', to, ...rest] = text.split(':');
  if (from === '' || to === '' || rest.length > 0)
    throw new InvalidArgumentError(`'${text}' must be a path, or two with a colon between them.`);
  return [...before, { from, to: to ?? null }];
}

/** The guest that options describe, by the rules of a scenario's `guest`. Throws `usage`, with the command's name, for what contradicts them. */
export function guestOfOptions(command: string, options: GuestOptions, topology: Topology): GuestSize {
  const { file, program, module, append, cpus, memory } = options;
  const files = file.map(({ from, to }) =>
    to === null ? from : { from, to: posix.resolve(GUEST_HOME, to) },
  );
  const document = {
    ...(cpus !== undefined && { cpus }),
    ...(memory !== undefined && { memory_mib: memory }),
    append: append.join(' '),
    modules: [...module],
    programs: [...program],
    files,
  };
  const parsed = guestSchema(exactly, z.never()).safeParse(document);
  if (!parsed.success) throw new BpfrigError('usage', `${command}: ${z.prettifyError(parsed.error)}`);
  const problems: string[] = [];
  const guest = guestOf(parsed.data, { path: join(process.cwd(), '-'), topology, objects: [] }, (_, text) =>
    problems.push(text),
  );
  if (problems.length > 0) throw new BpfrigError('usage', `${command}: ${problems.join('; ')}`);
  return guest;
}

/** The absolute path in the guest of what `--get` names. */
export function pathInGuest({ from }: Copy): string {
  return posix.resolve(GUEST_HOME, from);
}

/** Writes a file that was brought back to where `--get` says, below a folder. Throws `infra`. */
export async function keepFile(wanted: Copy, content: Buffer, folder: string): Promise<void> {
  const target = resolve(folder, wanted.to ?? posix.basename(pathInGuest(wanted)));
  try {
    makeFolder(dirname(target));
    await writeFile(target, content);
  } catch (error) {
    throw new BpfrigError('infra', `${target} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}
