import type { Cell } from '../model/cell.ts';
import {
  basesOf,
  behaviourChanges,
  changeText,
  type BehaviourChange,
  type BehaviourOptions,
} from './behaviour.ts';
import type { RunSummary } from './fold.ts';
import { buildOf } from './kernel-order.ts';
import { groupBy } from '../util/group-by.ts';
import { count, oneLine, variantText } from './text.ts';

/** One change between two successive kernels, with all variants of the scenario that have it. */
export interface SharedChange {
  /** The last kernel before the change; `to` is the first kernel with it. */
  readonly from: string;
  readonly to: string;
  readonly variants: readonly string[];
  /** The change of the first variant. The others have the same change of verdict, and the same counters change. */
  readonly change: Pick<BehaviourChange, 'verdicts' | 'counters'>;
}

/** The comparison of the kernels of one run. */
export interface KernelComparison {
  readonly runId: string | null;
  /** Groups of kernels with the same counters in every cell, old to new. */
  readonly clusters: readonly (readonly string[])[];
  /** Scenarios with a change, in the order of the plan. */
  readonly scenarios: readonly {
    readonly scenario: string;
    /** The oldest kernel with a change. */
    readonly first: string;
    readonly changes: readonly SharedChange[];
  }[];
  /** Scenarios with the same counters on every kernel. */
  readonly same: readonly string[];
}

/** Compares the kernels of a run, old to new. */
export function compareKernelsOf(summary: RunSummary, options?: BehaviourOptions): KernelComparison {
  const changes = behaviourChanges(summary, options);
  const order = summary.kernels.map(kernel => kernel.id);
  const scenarios = [...groupBy(summary.cells, cell => cell.scenario)].map(([scenario, cells]) => ({
    scenario,
    changes: sharedChanges(cells, changes, order),
  }));
  return {
    runId: summary.runId,
    clusters: clustersOf(summary, changes, order),
    scenarios: scenarios.flatMap(({ scenario, changes: own }) => {
      const [first] = own;
      return first === undefined ? [] : [{ scenario, first: first.to, changes: own }];
    }),
    same: scenarios.filter(s => s.changes.length === 0).map(s => s.scenario),
  };
}

function sharedChanges(
  cells: readonly Cell[],
  changes: ReadonlyMap<string, BehaviourChange>,
  order: readonly string[],
): SharedChange[] {
  const own = cells.flatMap(cell => changes.get(cell.id) ?? []);
  const alike = groupBy(own, ({ from, to, verdicts, counters }) =>
    JSON.stringify([from, to, verdicts, counters.map(c => c.name)]),
  );
  return [...alike.values()]
    .flatMap(group => {
      const [first] = group;
      if (first === undefined) return [];
      const variants = group.map(change => variantText(change.cell.variant));
      const { from, to, verdicts, counters } = first;
      return [{ from, to, variants, change: { verdicts, counters } }];
    })
    .toSorted((a, b) => order.indexOf(a.to) - order.indexOf(b.to));
}

// A kernel with a change in any cell starts a new cluster, even if it returns to the behaviour of an older kernel.
function clustersOf(
  summary: RunSummary,
  changes: ReadonlyMap<string, BehaviourChange>,
  order: readonly string[],
): string[][] {
  const changed = new Set([...changes.values()].map(change => change.to));
  const ran = new Set(summary.cells.map(cell => cell.kernel));
  const clusters: string[][] = [];
  const bases = basesOf(summary.kernels);
  for (const kernel of order.filter(id => ran.has(id))) {
    const last = clusters.at(-1);
    const base = bases.get(kernel)?.find(id => ran.has(id));
    const own = clusters.findLast(cluster => base !== undefined && cluster.includes(base)) ?? last;
    if (own === undefined || changed.has(kernel)) clusters.push([kernel]);
    else own.push(kernel);
  }
  return clusters;
}

/** Returns the comparison as text for people. */
export function kernelComparisonText(comparison: KernelComparison): string {
  const lines = [
    'kernels with the same counters:',
    ...comparison.clusters.map(cluster => `  ${cluster.map(oneLine).join(' ')}`),
    ...comparison.scenarios.flatMap(({ scenario, first, changes }) => [
      '',
      `${oneLine(scenario)}: first changed in ${oneLine(first)}`,
      ...changes.flatMap(changeLines),
    ]),
  ];
  if (comparison.same.length > 0)
    lines.push(
      '',
      `no change in ${count(comparison.same.length, 'scenario')}: ${comparison.same.map(oneLine).join(' ')}`,
    );
  return `${lines.join('\n')}\n`;
}

function changeLines({ from, to, variants, change }: SharedChange): string[] {
  const names = variants.filter(variant => variant !== '');
  const which =
    names.length === 0 ? '' : names.length === 1 ? ` [${names[0]}]` : ` ×${names.length} [${names[0]}] …`;
  return [
    `  ${oneLine(to)} ${buildOf(from) === buildOf(to) ? 'unlike' : 'after'} ${oneLine(from)}${which}`,
    `    ${oneLine(changeText(change, 6))}`,
  ];
}
