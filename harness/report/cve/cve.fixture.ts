import type { CveFinding } from '../../model/cve.ts';
import type { RunEvent } from '../../model/events.ts';
import { goldenEvents } from '../golden.ts';

/** A published defect that was not published. */
export const FACTS = {
  id: 'CVE-2026-23359',
  subject: 'bpf: Fix it',
  commit: 'b7bf516c3ecd',
  fixed: ['6.12.77', '7.0'],
};

/** The golden run, whose cells state a defect; `findings` by the cell's id, `fixed` where it has none. */
export function runWith(findings: Readonly<Record<string, CveFinding>>): RunEvent[] {
  return goldenEvents('full').map(event => {
    if (event.type === 'run-start')
      return { ...event, cells: event.cells.map(cell => ({ ...cell, cve: FACTS })) };
    if (event.type !== 'cell-end') return event;
    const { result } = event;
    const cve = findings[result.cell.id] ?? { status: 'fixed', why: '' };
    return { ...event, result: { ...result, cell: { ...result.cell, cve: FACTS }, cve } };
  });
}
