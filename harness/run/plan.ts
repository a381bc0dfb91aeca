import type { Cell } from '../model/cell.ts';
import type { CveFacts } from '../model/cve.ts';
import { additionsText } from '../model/guest-additions.ts';
import type { ResolvedVariant, Scenario } from '../scenario/scenario.ts';
import { BpfrigError } from '../util/errors.ts';
import { didYouMean } from '../util/nearest.ts';

/** A cell with all that is needed to run it. */
export interface PlannedCell {
  readonly cell: Cell;
  readonly scenario: Scenario;
  readonly variant: ResolvedVariant;
}

/** Devices and size of a guest for people, and what it has besides: `virtio, 4 CPUs, 512 MiB, modules bonding`. */
export function shapeText({ topology, guest }: Pick<ResolvedVariant, 'topology' | 'guest'>): string {
  const size = `${topology}, ${guest.cpus} CPUs, ${guest.memoryMiB} MiB`;
  return guest.additions === undefined ? size : `${size}, ${additionsText(guest.additions)}`;
}

/** Which cells of a plan to run; what `--variant`, `--grep` and `--last-failed` select. */
export interface CellFilter {
  /** Axis values that must match where the scenario has the axis; a scenario without it is left out. */
  readonly variant: Readonly<Record<string, readonly string[]>>;
  /** Text that must be in the cell's id or title. */
  readonly grep: string | null;
  /** Ids of cells to run, null for all. */
  readonly only: ReadonlySet<string> | null;
}

/**
 * Every cell of scenarios × kernels that the filter selects, scenario by scenario, kernels in the order given. Throws `usage` where two
 * cells would have the same id: one of them would stand for both.
 */
export function planCells(
  scenarios: readonly Scenario[],
  kernels: readonly string[],
  filter: CellFilter,
): PlannedCell[] {
  refuseUnknownValues(scenarios, filter.variant);
  const cells = selectCells(scenarios, kernels, filter);
  refuseDuplicates(cells);
  return cells;
}

function selectCells(
  scenarios: readonly Scenario[],
  kernels: readonly string[],
  filter: CellFilter,
): PlannedCell[] {
  return scenarios.flatMap(scenario =>
    scenario.variants
      .filter(variant => matchesVariant(variant, filter.variant))
      .flatMap(variant => kernels.map(kernel => planCell(scenario, variant, kernel)))
      .filter(
        ({ cell }) => matchesText(cell, filter.grep) && (filter.only === null || filter.only.has(cell.id)),
      ),
  );
}

/** `--variant` with an axis that no scenario has, or with a value that no scenario's axis has: it would select nothing, or the rest. */
function refuseUnknownValues(scenarios: readonly Scenario[], wanted: CellFilter['variant']): void {
  const axes = new Map<string, Set<string>>();
  for (const scenario of scenarios)
    for (const [axis, values] of Object.entries(scenario.axes))
      axes.set(axis, new Set([...(axes.get(axis) ?? []), ...values]));
  for (const [axis, values] of Object.entries(wanted)) {
    const known = axes.get(axis);
    if (known === undefined) {
      const names = [...axes.keys()];
      const has = names.length === 0 ? 'these scenarios have no axes' : `axes are ${names.join(', ')}`;
      throw new BpfrigError('usage', `--variant: no axis '${axis}'${didYouMean(axis, names)}; ${has}`);
    }
    const stray = values.find(value => !known.has(value));
    if (stray === undefined) continue;
    const all = [...known].join(', ');
    throw new BpfrigError(
      'usage',
      `--variant: axis ${axis} has no value '${stray}'${didYouMean(stray, known)}; it has ${all}`,
    );
  }
}

function refuseDuplicates(cells: readonly PlannedCell[]): void {
  const planned = new Map<string, PlannedCell>();
  const problems = cells.flatMap(one => {
    const other = planned.get(one.cell.id);
    planned.set(one.cell.id, one);
    return other === undefined ? [] : [duplicateText(one, other)];
  });
  const [first, ...more] = [...new Set(problems)];
  if (first === undefined) return;
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
  throw new BpfrigError('usage', `${first}${others}`, { detail: [first, ...more].join('\n') });
}

function duplicateText({ cell, scenario: { path } }: PlannedCell, other: PlannedCell): string {
  const { id, scenario, file, kernel } = cell;
  if (path === other.scenario.path)
    return `${file}: two cells of ${kernel} are named ${id}: no two variants may be written in the same way`;
  // Files of two roots may have the same name relative to theirs.
  const [one, two] = file === other.cell.file ? [other.scenario.path, path] : [other.cell.file, file];
  return `${one} and ${two} are both named ${scenario}: rename one of them, or run them one after the other`;
}

function planCell(scenario: Scenario, variant: ResolvedVariant, kernel: string): PlannedCell {
  const id = `${scenario.name}${variant.suffix}@${kernel}`;
  const { name, title, file } = scenario;
  const cell = { id, scenario: name, title, file, variant: variant.variant, kernel };
  return {
    cell: variant.cve === undefined ? cell : { ...cell, cve: factsOf(variant.cve) },
    scenario,
    variant,
  };
}

function factsOf({ id, subject, commit, fixed }: CveFacts): CveFacts {
  return { id, subject, commit, fixed };
}

function matchesVariant(variant: ResolvedVariant, wanted: CellFilter['variant']): boolean {
  return Object.entries(wanted).every(([axis, values]) => values.includes(variant.variant[axis] ?? ''));
}

function tabled(id: string): string {
  return id.replaceAll(',', ' ').replaceAll(' [', '[');
}

function matchesText(cell: Cell, text: string | null): boolean {
  if (text === null || cell.title.includes(text)) return true;
  // Tables have a blank where an id has a comma.
  return cell.id.includes(text) || tabled(cell.id).includes(tabled(text));
}
