import { join, resolve } from 'node:path';
import { FolderArtifacts, NO_ARTIFACTS } from '../run/artifacts.ts';
import { placeConfig } from '../run/place-config.ts';
import { indexPrograms } from '../run/programs.ts';
import { openProject } from '../run/project.ts';
import { requestedKernel } from '../run/requested-kernel.ts';
import { readStage, type StageInput } from '../scenario/pieces.ts';
import { Held, orDispose } from '../util/dispose.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { makeWorkspace } from '../util/workspace.ts';
import { Driver } from './driver.ts';
import { StartedGuest } from './guest.ts';
import { Rounds } from './rounds.ts';
import { quietSession, type SessionChoices } from './session.ts';

/** How a guest is made and run: keys of a scenario file, and those below. */
export interface GuestOptions extends StageInput, SessionChoices {
  /** The folder that paths are relative to, such as `import.meta.dirname`, and whose project counts; default: the working folder. */
  readonly from?: string | undefined;
  /** A folder for what commands of the guest write, and for files that are brought back; default: none of it is kept. */
  readonly artifacts?: string | undefined;
}

/**
 * Starts a guest of a kernel, which is named as `--kernel` names it and fetched where it is not cached. Throws as a run does: `usage` for a
 * text that is no kernel, `scenario` for a mistake in the options or in a source, `infra` for the host, `GuestFailure` for the guest.
 */
export async function startGuest(kernel: string, options: GuestOptions = {}): Promise<StartedGuest> {
  const { from = '.', artifacts, accel, locked, timeScale, signal, onProgress, ...input } = options;
  const folder = resolve(from);
  const stage = readStage(input, join(folder, 'guest.ts'), openProject([folder]).guest);
  const held = new Held();
  return await orDispose(held, async () => {
    const session = await quietSession(held, { accel, locked, timeScale, signal, onProgress }, { jobs: 1 });
    const found = await session.fetch(await requestedKernel(kernel, session.catalogue));
    const index = await indexPrograms(stage, { arch: found.arch, cacheDir: session.cacheDir });
    const { dir } = held.add(await makeWorkspace());
    const bed = held.add(await session.guests().start(found, stage, { dir, signal: session.signal }));
    const { uncounted } = bed.dut.ready;
    if (uncounted !== null) throw new BpfrigError('agent', uncounted);
    const objects = index.own.map(({ contents }) => contents);
    await bed.whileAlive(placeConfig(bed.dut, found, objects));
    const kept =
      artifacts === undefined
        ? NO_ARTIFACTS
        : new FolderArtifacts(resolve(folder, artifacts), '', error =>
            onProgress?.(`cannot be kept in ${artifacts}: ${messageOf(error)}`),
          );
    const driver = new Driver({ bed, kernel: found, stage, index, artifacts: kept });
    const rounds = new Rounds(driver);
    await rounds.beginFirst();
    return new StartedGuest(driver, rounds, held);
  });
}

/** Work with a guest. */
type Work<T> = (guest: StartedGuest) => Promise<T>;

/**
 * Does work with a guest, which has ended when this resolves or rejects. Rejects as {@link startGuest} and the work do, and with
 * `ExpectationError` when the kernel has complained meanwhile.
 */
export async function withGuest<T>(kernel: string, work: Work<T>): Promise<T>;
export async function withGuest<T>(kernel: string, options: GuestOptions, work: Work<T>): Promise<T>;
export async function withGuest<T>(kernel: string, ...rest: [Work<T>] | [GuestOptions, Work<T>]): Promise<T> {
  const [options, work] = rest.length === 1 ? [{}, rest[0]] : rest;
  await using guest = await startGuest(kernel, options);
  const result = await work(guest);
  // Work that goes on after it has seen the guest's end has meant that end.
  if (guest.lost === null) await guest.expectNoSplat();
  return result;
}
