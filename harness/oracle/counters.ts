import type { Counters } from '../model/counters.ts';
import type { Kernel } from '../model/kernel.ts';
import type { Observations, ProgramReading, XdpMode } from '../model/observations.ts';
import type { Account, CellView, Redirects, VariantFacts } from './subject.ts';
import { SUBJECTS, TABLES } from './subjects.ts';
import { REDIRECT, type RedirectRow } from './subjects/redirect.ts';
import { ownRows, rowsOf } from './table.ts';
import { sum, totals } from './tally.ts';

/** The kernel as far as counting needs it. */
export type KernelFacts = Pick<Kernel, 'version' | 'series' | 'arch'>;

/** Everything that the subjects counted in one cell. */
export interface CellCounts {
  /** The counters that expectations name: those of the subjects, the raw sums, and the results of steps. */
  readonly counters: Counters;
  /** What each subject has counted, in the order of `subjects.ts`. */
  readonly accounts: readonly Account[];
  /** Names that this cell has no value for, each with the reason. */
  readonly absent: Readonly<Record<string, string>>;
}

/**
 * Counts one cell: turns what was read from a guest into the counters that expectations name, by the subjects' tables of kernel
 * semantics. Rows of maps and programs that are not this cell's are left out.
 *
 * Throws a BpfrigError with code `harness` when a device was read without its packet counters.
 */
export function count(seen: Observations, kernel: KernelFacts, variant: VariantFacts): CellCounts {
  const cell = viewOf(seen, kernel, variant);
  const accounts: Account[] = [];
  for (const subject of SUBJECTS) accounts.push(subject.account(cell, accounts));
  const raw = TABLES.filter(({ sums }) => Object.keys(sums).length > 0).map(table => [
    table.name,
    totals(table, cell.rows(table)),
  ]);
  return {
    counters: {
      ...Object.fromEntries(accounts.flatMap(({ counters }) => Object.entries(counters))),
      raw: Object.fromEntries(raw),
      log: seen.log,
      variant: variant.variant,
      kernel: { version: kernel.version, series: kernel.series, arch: kernel.arch },
      mode: cell.mode,
      ...seen.steps,
    },
    accounts,
    absent: Object.assign({}, ...accounts.map(({ absent }) => absent)) as Record<string, string>,
  };
}

function viewOf(seen: Observations, { version }: KernelFacts, variant: VariantFacts): CellView {
  const names = new Map(Object.entries(seen.maps).map(([name, id]) => [id, name]));
  const cell: CellView = {
    seen,
    variant,
    version,
    mode: modeOf(seen.programs, variant),
    cpus: Array.from({ length: variant.guest.cpus }, (_, cpu) => String(cpu)),
    mapNames: Object.keys(seen.maps),
    main: seen.programs.filter(({ role }) => role === 'main'),
    entry: seen.programs.filter(({ role }) => role === 'entry'),
    egress: seen.programs.filter(({ role }) => role === 'egress'),
    rows: table => ownRows(table, rowsOf(seen.observers.tables, table), [...names.keys()]),
    mapName: ({ map_id }) => names.get(map_id) ?? '',
    redirects: programs => redirectsOf(cell, programs),
  };
  return cell;
}

/** Live frames are native; a cell without a main program goes by its axis `mode`. */
function modeOf(programs: readonly ProgramReading[], { variant }: VariantFacts): XdpMode {
  const modes = programs.filter(({ role }) => role === 'main').map(({ mode }) => mode);
  if (modes.length === 0) return variant['mode'] === 'generic' ? 'generic' : 'native';
  return modes.includes('generic') && !modes.includes('native') ? 'generic' : 'native';
}

const TARGETS = SUBJECTS.flatMap(({ takes }) => takes ?? []);

function redirectsOf(cell: CellView, programs: readonly ProgramReading[]): Redirects {
  const ids = new Set(programs.map(({ id }) => id));
  const rows = cell.rows(REDIRECT).filter(({ prog_id }) => ids.has(prog_id));
  const stageOf = new Map(rows.map(row => [row, stageFor(cell, row)]));
  return {
    rows,
    stages: TARGETS.map(({ stage }) => stage),
    to: stage => rows.filter(row => stageOf.get(row) === stage),
    failed: sum(
      rows.filter(row => row.err !== 0 && stageOf.get(row) === null),
      ({ events }) => events,
    ),
  };
}

/** The stage that takes a redirect; null for one that failed, and for one into a map of a type that no subject knows. */
function stageFor(cell: CellView, row: RedirectRow): string | null {
  const name = cell.mapName(row);
  // A map that is not the scenario's is the object's own; only its device shows what it is.
  const type = name === '' ? (row.to_ifindex === 0 ? '' : null) : (cell.seen.mapTypes[name] ?? '');
  const target = TARGETS.find(({ mapTypes }) => mapTypes.includes(type));
  if (target === undefined) return null;
  return row.err === 0 || target.failed?.(row, cell) === true ? target.stage : null;
}
