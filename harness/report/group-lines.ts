import type { Cell } from '../model/cell.ts';
import type { RunEvent } from '../model/events.ts';
import { countVerdicts } from '../model/verdict.ts';
import { RunFold } from './fold.ts';
import { groupBy } from '../util/group-by.ts';
import { STATUSES } from './status.ts';
import { formatMs, oneLine } from './text.ts';

/** Returns one line per group when its last cell has ended. A group is the cells of one kernel and one folder of scenarios. */
export function groupLines(): (event: RunEvent) => string[] {
  const fold = new RunFold();
  let groups = new Map<string, Cell[]>();
  return event => {
    fold.add(event);
    if (event.type === 'run-start') groups = groupBy(event.cells, groupOf);
    if (event.type !== 'cell-end') return [];
    const { results, cells } = fold.summary();
    const name = groupOf(event.result.cell);
    const own = (groups.get(name) ?? []).map(cell => results.get(cell.id));
    const ended = own.filter(result => result !== undefined);
    if (ended.length < own.length || own.length === 0) return [];
    const counts = countVerdicts(ended);
    const words = STATUSES.flatMap(s => (s === 'unfinished' || counts[s] === 0 ? [] : `${counts[s]} ${s}`));
    const time = formatMs(ended.reduce((sum, result) => sum + result.durationMs, 0));
    return [`done  ${name}: ${words.join(', ')}, ${time}  (${results.size}/${cells.length} cells)`];
  };
}

function groupOf({ kernel, scenario }: Cell): string {
  const slash = scenario.lastIndexOf('/');
  return oneLine(`${kernel}  ${slash < 0 ? scenario : scenario.slice(0, slash)}`);
}
