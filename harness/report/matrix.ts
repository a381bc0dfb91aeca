import type { Cell } from '../model/cell.ts';
import { statusOf, type RunSummary } from './fold.ts';
import { groupBy } from '../util/group-by.ts';
import { STATUSES, type CellStatus } from './status.ts';
import { oneLine, variantText } from './text.ts';

/** The worst status of the cells of one square; null if no cell was planned. */
export type Square = CellStatus | null;

/** One row of the matrix: one variant, or all variants of a scenario if they have the same status on each kernel. */
export interface MatrixRow {
  /** `[nic=veth mode=native]`, `×4` for a row of four variants, or '' for a scenario without axes. */
  readonly label: string;
  /** One per kernel, in the order of `Matrix.kernels`. */
  readonly squares: readonly Square[];
}

/** The rows of one scenario. */
export interface MatrixGroup {
  readonly scenario: string;
  readonly rows: readonly MatrixRow[];
}

/** The matrix: rows are scenario variants, columns are kernels. */
export interface Matrix {
  /** Ids of the kernels, old to new. */
  readonly kernels: readonly string[];
  readonly groups: readonly MatrixGroup[];
}

/** From this number of rows on, variants with the same status on every kernel share a row. */
const MANY_ROWS = 24;

/** Returns the matrix of a run, with scenarios and variants in the order of the plan. */
export function buildMatrix(summary: RunSummary, manyRows: number = MANY_ROWS): Matrix {
  const kernels = summary.kernels.map(kernel => kernel.id);
  const scenarios = groupBy(summary.cells, cell => cell.scenario);
  const full = [...scenarios].map(([scenario, cells]) => ({
    scenario: oneLine(scenario),
    rows: [...groupBy(cells, cell => variantText(cell.variant))].map(([label, own]) => ({
      label: label === '' ? '' : `[${label}]`,
      squares: kernels.map(kernel =>
        square(
          summary,
          own.filter(cell => cell.kernel === kernel),
        ),
      ),
    })),
  }));
  const rows = full.reduce((sum, group) => sum + group.rows.length, 0);
  return { kernels, groups: rows > manyRows ? full.map(collapse) : full };
}

function square(summary: RunSummary, cells: readonly Cell[]): Square {
  const statuses = new Set(cells.map(cell => statusOf(summary, cell)));
  return STATUSES.find(status => statuses.has(status)) ?? null;
}

function collapse(group: MatrixGroup): MatrixGroup {
  const [first, ...others] = group.rows;
  if (first === undefined || others.length === 0) return group;
  const agree = others.every(row => row.squares.every((s, i) => s === first.squares[i]));
  return agree ? { ...group, rows: [{ ...first, label: `×${group.rows.length}` }] } : group;
}
