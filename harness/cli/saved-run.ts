import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunEvent } from '../model/events.ts';
import { readEvents } from '../report/jsonl.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';

/**
 * Events of a saved run, in order. If the run was killed while it wrote a line, a warning that says so stands at their end.
 * Throws `usage` when there is no run, and `infra`, with the line, for a file that is not what a run wrote.
 */
export function readSavedRun(dir: string): readonly RunEvent[] {
  const path = join(dir, 'events.jsonl');
  if (!existsSync(path))
    throw new BpfrigError(
      'usage',
      `${dir}: no run there (no events.jsonl): name the folder of one, such as results/latest`,
    );
  const { events, tornLine } = readEvents(textOf(path), path);
  if (tornLine === null) return events;
  const text = `${path}:${tornLine}: incomplete: the run was killed while it wrote this line`;
  return [...events, { at: events.at(-1)?.at ?? '', type: 'note', level: 'warning', text }];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new BpfrigError('infra', `${path} cannot be read: ${messageOf(error)}`);
  }
}
