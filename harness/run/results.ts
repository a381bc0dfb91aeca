import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { cp } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { RunEvent } from '../model/events.ts';
import type { Observations } from '../model/observations.ts';
import type { CellResult } from '../model/cell.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';

/** A run's folder: events.jsonl, and a folder for each cell's artifacts. Written during the run, so that a run that is cut off loses nothing. */
export class RunFolder {
  readonly dir: string;

  private constructor(dir: string) {
    this.dir = dir;
  }

  /** Makes the folder. Throws `usage` when it cannot, or when it holds a run already. */
  static create(dir: string): RunFolder {
    if (existsSync(join(dir, 'events.jsonl'))) {
      throw new BpfrigError('usage', `${dir} holds a run already; name another folder with --out`);
    }
    try {
      mkdirSync(join(dir, 'cells'), { recursive: true });
    } catch (error) {
      throw new BpfrigError('usage', `cannot make the run's folder ${dir}: ${messageOf(error)}`);
    }
    return new RunFolder(dir);
  }

  /** Appends one event to events.jsonl, synchronously. */
  append(event: RunEvent): void {
    appendFileSync(join(this.dir, 'events.jsonl'), `${JSON.stringify(event)}\n`);
  }

  /** Writes a report next to the events, atomically. */
  writeReport(name: string, text: string): void {
    const path = join(this.dir, name);
    writeFileSync(`${path}.tmp`, text);
    renameSync(`${path}.tmp`, path);
  }

  /** Folder of a cell's artifacts, relative to the run's folder; made on first use. */
  cellDir(cellId: string): string {
    // A scenario from outside the checkout begins with `..`, and a folder of that name would be hidden.
    const name = join('cells', cellId.replaceAll(/[^\w.=,@[\]-]+/g, '_').replace(/^\.+/, '_'));
    mkdirSync(join(this.dir, name), { recursive: true });
    return name;
  }

  /** Keeps what one try at a cell left: the guests' consoles, by the name that each is to have, and what was read. */
  async keepTry(
    cellDir: string,
    suffix: string,
    left: { readonly consoles: Readonly<Record<string, string>>; readonly observations: Observations | null },
  ): Promise<void> {
    const dir = join(this.dir, cellDir);
    for (const [name, path] of Object.entries(left.consoles))
      if (existsSync(path)) await cp(path, join(dir, `${name}${suffix}.log`));
    if (left.observations !== null)
      writeFileSync(join(dir, `observations${suffix}.json`), pretty(left.observations));
  }

  /** Keeps a cell's result, its counters and its ledger in files of their own, and the command that repeats the cell. */
  keepResult(result: CellResult): void {
    const dir = join(this.dir, result.dir);
    writeFileSync(join(dir, 'result.json'), pretty(result));
    writeFileSync(join(dir, 'counters.json'), pretty(result.counters));
    writeFileSync(join(dir, 'ledger.json'), pretty(result.ledger));
    writeFileSync(join(dir, 'repeat.sh'), `#!/bin/sh\nexec ${result.repeat}\n`, { mode: 0o755 });
  }
}

/** Copies the artifacts of a run's cells into another run's folder, which is to report them too. */
export async function copyCells(from: string, to: RunFolder): Promise<void> {
  const cells = join(from, 'cells');
  if (existsSync(cells)) await cp(cells, join(to.dir, 'cells'), { recursive: true });
}

/** Points `results/latest` at a run. */
export function linkLatest(resultsDir: string, runDir: string): void {
  const link = join(resultsDir, 'latest');
  mkdirSync(resultsDir, { recursive: true });
  const temp = `${link}.${process.pid}`;
  symlinkSync(relative(dirname(link), runDir), temp);
  try {
    renameSync(temp, link);
  } catch (error) {
    unlinkSync(temp);
    throw error;
  }
}

/** Events of a saved run. A last line that was cut off is left out. Throws `usage` when there is no run. */
export function readEvents(dir: string): RunEvent[] {
  const path = join(dir, 'events.jsonl');
  if (!existsSync(path)) throw new BpfrigError('usage', `${dir}: no run there (no events.jsonl)`);
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.flatMap((line, index) => {
    if (line === '') return [];
    try {
      return [JSON.parse(line) as RunEvent];
    } catch (error) {
      if (index === lines.length - 1) return [];
      throw new BpfrigError('usage', `${path}:${index + 1}: not an event: ${messageOf(error)}`);
    }
  });
}

function pretty(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
