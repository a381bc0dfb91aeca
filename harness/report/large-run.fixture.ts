import type { CellResult } from '../model/cell.ts';
import type { RunEvent } from '../model/events.ts';
import { goldenEvents } from './golden.ts';

/** A run of many cells, made by repeating the results of the golden run under different names. */
export function largeRun(scenarios: number, kernels: number): RunEvent[] {
  const golden = goldenEvents('full');
  const start = golden.find(event => event.type === 'run-start');
  const ready = golden.find(event => event.type === 'kernel-ready');
  const ends = golden.filter(event => event.type === 'cell-end');
  if (start === undefined || ready === undefined) throw new Error('the golden run has changed');
  const ids = Array.from({ length: kernels }, (_, i) => `${i + 1}.0`);
  const results = Array.from({ length: scenarios * kernels }, (_, i): CellResult => {
    const [scenario, kernel] = [Math.floor(i / kernels), ids[i % kernels] ?? ''];
    const result = ends[i % ends.length]?.result as CellResult;
    const name = `suite/folder-${Math.floor(scenario / 10)}/scenario-${scenario}`;
    const variant = { nic: 'veth', mode: 'native' };
    return { ...result, cell: { ...result.cell, id: `${name}@${kernel}`, scenario: name, variant, kernel } };
  });
  return [
    { ...start, kernels: ids, cells: results.map(result => result.cell) },
    ...ids.map(id => ({ ...ready, kernel: { ...ready.kernel, id, series: id, version: `${id}.1` } })),
    ...results.map((result, i) => ({ ...(ends[i % ends.length] as (typeof ends)[number]), result })),
    ...golden.filter(event => event.type === 'run-end'),
  ];
}
