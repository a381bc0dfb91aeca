import type { RunEvent } from '../model/events.ts';
import { isRed } from '../model/verdict.ts';

/** Ids of the cells of a run that were red or have no verdict. */
export function lastFailed(events: Iterable<RunEvent>): Set<string> {
  const failed = new Set<string>();
  for (const event of events) {
    if (event.type === 'run-start') for (const { id } of event.cells) failed.add(id);
    if (event.type === 'cell-end' && !isRed(event.result.verdict)) failed.delete(event.result.cell.id);
  }
  return failed;
}
