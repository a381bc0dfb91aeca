import { existsSync } from 'node:fs';
import { isRed } from '../model/verdict.ts';
import { BpfrigError } from '../util/errors.ts';
import { join } from 'node:path';
import { readEvents } from './results.ts';

/** Ids of the cells of `latest` that were red or have no verdict. Throws `usage` where there is no last run. */
export function lastFailed(resultsDir: string): Set<string> {
  const latest = join(resultsDir, 'latest');
  if (!existsSync(latest)) throw new BpfrigError('usage', `--last-failed: there is no last run at ${latest}`);
  const failed = new Set<string>();
  for (const event of readEvents(latest)) {
    if (event.type === 'run-start') for (const { id } of event.cells) failed.add(id);
    if (event.type === 'cell-end' && !isRed(event.result.verdict)) failed.delete(event.result.cell.id);
  }
  return failed;
}
