import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type t from 'tap';
import { EventLines } from '../model/event-lines.ts';
import type { RunEvent } from '../model/events.ts';
import { readEvents } from './jsonl.ts';
import type { Reporter } from './reporter.ts';

// This file runs from dist/report/; golden files are not copied there.
const FOLDER = join(import.meta.dirname, '../../harness/report');

/** The golden runs: NAME of each `testdata/events-NAME.jsonl`. */
export const GOLDEN_RUNS = ['full', 'empty', 'one', 'cut'] as const;

/** Returns the events of a golden run. The files have no chain, so that they can be edited; a line that was cut off is left out. */
export function goldenEvents(run: (typeof GOLDEN_RUNS)[number]): readonly RunEvent[] {
  const name = `events-${run}.jsonl`;
  const lines = readFileSync(join(FOLDER, 'testdata', name), 'utf8')
    .split('\n')
    .slice(0, -1);
  const chain = new EventLines();
  return readEvents(lines.map(line => chain.next(JSON.parse(line) as RunEvent)).join(''), name).events;
}

/** Returns the whole output of a reporter for a run. */
export function reportOf(reporter: Reporter, events: readonly RunEvent[]): string {
  return events.map(event => reporter.onEvent(event)).join('') + reporter.close();
}

/** Compares text with a checked-in file of this folder; `npm run generate` (BPFRIG_UPDATE_GOLDEN=1) writes the file instead. */
export function matchGolden(test: Pick<typeof t, 'equal'>, file: string, text: string): void {
  const path = join(FOLDER, file);
  if (process.env['BPFRIG_UPDATE_GOLDEN'] === '1') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  test.equal(text, readFileSync(path, 'utf8'), `${file}; if the change is meant, run \`npm run generate\``);
}
