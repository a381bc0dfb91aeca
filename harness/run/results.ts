import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { cp } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { CellResult } from '../model/cell.ts';
import { EventLines } from '../model/event-lines.ts';
import type { RunEvent } from '../model/events.ts';
import type { Captured, Observations } from '../model/observations.ts';
import { keepCaptures, withoutCaptures } from './keep-captures.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { quote } from '../util/launcher.ts';
import { makeFolder } from '../util/make-folder.ts';
import { FolderArtifacts, type CellArtifacts } from './artifacts.ts';
import { nameOf, namesOf } from './file-names.ts';
import { appendWhole } from '../util/write-whole.ts';

/** Name of the file that says which process runs into a folder. It is there as long as the run goes on. */
const OWNER_FILE = '.running';

/** Name of the folder for runs in a project; see `resultsRoot`. */
export const RESULTS = 'results';

/**
 * A run's folder: events.jsonl, and a folder for each cell's artifacts. Written during the run, so that a run that is cut off loses
 * nothing.
 */
export class RunFolder {
  readonly dir: string;
  readonly #events: number;
  readonly #lines = new EventLines();
  readonly #names: ReadonlyMap<string, string>;
  readonly #lost = new Set<string>();
  #onLoss: (text: string) => void = () => undefined;

  private constructor(dir: string, events: number, plan: readonly string[]) {
    this.dir = dir;
    this.#events = events;
    this.#names = namesOf(plan);
  }

  /**
   * Makes the folder. `plan` are the ids of all cells, including those of other shards: no two of them get the same folder. Throws `usage` when it holds a run already, of this moment or of before, or when its path cannot be a folder;
   * `infra` when the host cannot make it.
   */
  static create(dir: string, plan: readonly string[] = []): RunFolder {
    try {
      if (basename(dirname(dir)) === RESULTS) makeResults(dirname(dir));
      makeFolder(join(dir, 'cells'));
      // Exclusive: of two runs that start at the same moment, one gets the folder.
      const events = openSync(join(dir, 'events.jsonl'), 'ax');
      writeFileSync(join(dir, OWNER_FILE), String(process.pid));
      return new RunFolder(dir, events, plan);
    } catch (error) {
      if (existsSync(join(dir, 'events.jsonl')) && codeOf(error) === 'EEXIST') throw taken(dir);
      const users = ['EEXIST', 'ENOTDIR', 'ENAMETOOLONG'].includes(codeOf(error));
      const text = `cannot make the run's folder ${dir}: ${messageOf(error)}`;
      throw new BpfrigError(users ? 'usage' : 'infra', text);
    }
  }

  /** From now on `report` receives one line for each kind of loss: which artifacts could not be kept, and why. */
  onLoss(report: (text: string) => void): void {
    this.#onLoss = report;
  }

  /** Appends one event to events.jsonl, synchronously. If it cannot be written whole, nothing of it is in the file. */
  append(event: RunEvent): void {
    appendWhole(this.#events, this.#lines.next(event));
  }

  /** After the last event: waits until events.jsonl is on the disk, and leaves the folder to whoever wants to use it. */
  close(): void {
    fsyncSync(this.#events);
    closeSync(this.#events);
    rmSync(join(this.dir, OWNER_FILE), { force: true });
  }

  /** Makes the folder free for another run: this one did not begin. */
  discard(): void {
    this.close();
    rmSync(join(this.dir, 'events.jsonl'));
  }

  /** Writes a report next to the events, atomically. `name` may have a folder in front, which is made. */
  writeReport(name: string, text: string): void {
    const path = join(this.dir, name);
    if (dirname(name) !== '.') makeFolder(dirname(path));
    try {
      writeFileSync(`${path}.tmp`, text);
      renameSync(`${path}.tmp`, path);
    } catch (error) {
      rmSync(`${path}.tmp`, { force: true });
      throw error;
    }
  }

  /** Folder of a cell's artifacts, relative to the run's folder; made on first use. */
  cellDir(cellId: string): string {
    const dir = join('cells', this.#names.get(cellId) ?? nameOf(cellId));
    try {
      makeFolder(join(this.dir, dir));
    } catch (error) {
      this.#lose(dir, error);
    }
    return dir;
  }

  /** Where the steps of one try at a cell leave files. */
  artifacts(cellDir: string, suffix: string): CellArtifacts {
    return new FolderArtifacts(join(this.dir, cellDir), suffix, error => this.#lose(cellDir, error));
  }

  /** Keeps what one try at a cell left: the guests' consoles, by the name that each is to have, what was read, and what was captured. */
  async keepTry(
    cellDir: string,
    suffix: string,
    left: {
      readonly consoles: Readonly<Record<string, string>>;
      readonly observations: Observations | null;
      readonly captures?: Readonly<Record<string, Captured>>;
    },
  ): Promise<void> {
    const dir = join(this.dir, cellDir);
    try {
      for (const [name, path] of Object.entries(left.consoles))
        if (existsSync(path)) await cp(path, join(dir, `${name}${suffix}.log`));
      keepCaptures(left.captures ?? {}, dir, suffix);
      if (left.observations === null) return;
      const kept = withoutCaptures(left.observations);
      writeFileSync(join(dir, `observations${suffix}.json`), pretty(kept));
    } catch (error) {
      this.#lose(cellDir, error);
    }
  }

  /** Keeps a cell's result, its counters and its ledger in files of their own, and the command that repeats the cell. */
  keepResult(result: CellResult): void {
    const dir = join(this.dir, result.dir);
    try {
      writeFileSync(join(dir, 'result.json'), pretty(result));
      writeFileSync(join(dir, 'counters.json'), pretty(result.counters));
      writeFileSync(join(dir, 'ledger.json'), pretty(result.ledger));
      writeFileSync(join(dir, 'repeat.sh'), repeatScript(result.repeat, dir), { mode: 0o755 });
    } catch (error) {
      this.#lose(result.dir, error);
    }
  }

  /** A verdict counts without its artifacts: what could not be kept is reported, and not thrown. */
  #lose(dir: string, error: unknown): void {
    // One line per kind of failure: on a full disk every further cell has the same.
    const kind = codeOf(error);
    if (this.#lost.has(kind)) return;
    this.#lost.add(kind);
    this.#onLoss(`artifacts of ${dir}, and perhaps of later cells, cannot be kept: ${messageOf(error)}`);
  }
}

/** Throws `usage` if artifacts of two different cells are in folders of the same name, so that the runs cannot share a folder. */
export function refuseSharedFolders(results: readonly CellResult[]): void {
  const owners = new Map<string, string>();
  for (const { dir, cell } of results) {
    const owner = owners.get(dir) ?? cell.id;
    if (dir !== '' && owner !== cell.id) {
      const both = `${owner} and ${cell.id} both have their artifacts in ${dir}`;
      throw new BpfrigError(
        'usage',
        `${both}: rename one of these scenarios, or report the runs without --out`,
      );
    }
    owners.set(dir, owner);
  }
}

/** Copies the artifacts of a run's cells into another run's folder, which is to report them too. */
export async function copyCells(from: string, to: RunFolder): Promise<void> {
  const cells = join(from, 'cells');
  if (existsSync(cells)) await cp(cells, join(to.dir, 'cells'), { recursive: true });
}

/** The command of a cell as a script that works wherever it is started; with a run below the working folder, also when both are moved. */
function repeatScript(command: string, dir: string): string {
  const way = relative(resolve(dir), process.cwd());
  const isBelow = /^(?:\.\.(?:\/|$))*$/.test(way);
  const folder = isBelow ? `"$(dirname -- "$0")"/${way}` : quote(process.cwd());
  return `#!/bin/sh\ncd -- ${folder} && exec ${command}\n`;
}

/** Points `results/latest` at a run. Throws what the file system does. */
export function linkLatest(resultsDir: string, runDir: string): void {
  const link = join(resultsDir, 'latest');
  makeResults(resultsDir);
  const temp = `${link}.${process.pid}`;
  symlinkSync(relative(dirname(link), runDir), temp);
  try {
    renameSync(temp, link);
  } catch (error) {
    unlinkSync(temp);
    throw error;
  }
}

/** Makes the folder for runs, which no version control is to take, unless it exists. Throws what the file system does. */
function makeResults(dir: string): void {
  if (existsSync(dir)) return;
  makeFolder(dir);
  writeFileSync(join(dir, '.gitignore'), '*\n');
}

function taken(dir: string): BpfrigError {
  const pid = runningIn(dir);
  const what = pid === null ? 'holds a run already' : `is the folder of a run that goes on (process ${pid})`;
  return new BpfrigError('usage', `${dir} ${what}; name another folder with --out`);
}

/** The process that runs into a folder; null if it has ended. */
function runningIn(dir: string): number | null {
  try {
    const pid = Number(readFileSync(join(dir, OWNER_FILE), 'utf8'));
    return process.kill(pid, 0) ? pid : null;
  } catch {
    return null;
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}

function pretty(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
