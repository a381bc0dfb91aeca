import type { Cell } from '../model/cell.ts';
import { behaviourChanges, changeText, type BehaviourChange, type BehaviourOptions } from './behaviour.ts';
import type { RunSummary } from './fold.ts';
import { groupBy } from './group-by.ts';
import { count, oneLine, variantText } from './text.ts';

/** One change between neighbouring kernels, with every variant of the scenario that has it. */
export interface SharedChange {
  /** Kernel before the change, and the first with it. */
  readonly from: string;
  readonly to: string;
  readonly variants: readonly string[];
  /** That of the first variant; the others differ in the same verdicts and the same counters. */
  readonly change: Pick<BehaviourChange, 'verdicts' | 'counters'>;
}

/** The kernels of one run against each other. */
export interface KernelComparison {
  readonly runId: string | null;
  /** Kernels that counted the same in every cell, old to new. */
  readonly clusters: readonly (readonly string[])[];
  /** Scenarios in which anything changed, in the order of the plan. */
  readonly scenarios: readonly {
    readonly scenario: string;
    /** The first kernel, old to new, with a change. */
    readonly first: string;
    readonly changes: readonly SharedChange[];
  }[];
  /** Scenarios in which every kernel counted the same. */
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

// A kernel opens a new cluster where any cell of it changed; one that goes back to an older behaviour is told by its changes.
function clustersOf(
  summary: RunSummary,
  changes: ReadonlyMap<string, BehaviourChange>,
  order: readonly string[],
): string[][] {
  const changed = new Set([...changes.values()].map(change => change.to));
  const ran = new Set(summary.cells.map(cell => cell.kernel));
  const clusters: string[][] = [];
  for (const kernel of order.filter(id => ran.has(id))) {
    const last = clusters.at(-1);
    if (last === undefined || changed.has(kernel)) clusters.push([kernel]);
    else last.push(kernel);
  }
  return clusters;
}

/** The comparison for people. */
export function kernelComparisonText(comparison: KernelComparison): string {
  const lines = [
    'kernels that counted the same:',
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
  return [`  ${oneLine(to)} after ${oneLine(from)}${which}`, `    ${oneLine(changeText(change, 6))}`];
}
