import {
  COVERAGE_FILE,
  nearestCoverageFile,
  readCoverageList,
  type CoverageList,
  type Subject,
} from '../scenario/coverage-list.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { BpfrigError } from '../util/errors.ts';

/** A subject with the names of the scenarios that cover it. */
export interface Covered extends Subject {
  readonly scenarios: readonly string[];
}

/** A list compared with scenarios. */
export interface Coverage {
  readonly title: string;
  readonly behaviours: readonly Covered[];
  readonly functions: readonly Covered[];
  /** What is wrong, one line each: covered by no scenario and without a reason, or a reason that is stale. */
  readonly faults: readonly string[];
}

type CoveringScenario = Pick<Scenario, 'name' | 'covers' | 'functions'>;

/**
 * What the given scenarios cover: one coverage per `coverage.yaml`, each compared with the scenarios whose nearest list it is.
 * Throws a BpfrigError with code `usage` when no scenario has a list.
 */
export function coverages(scenarios: readonly (CoveringScenario & Pick<Scenario, 'path'>)[]): Coverage[] {
  const listOf = new Map(scenarios.map(({ path }) => [path, nearestCoverageFile(path)]));
  const files = [...new Set(listOf.values())].filter(file => file !== null);
  if (files.length === 0) {
    const text = `--coverage: there is no ${COVERAGE_FILE} in the scenarios' folder or above it`;
    throw new BpfrigError('usage', text);
  }
  return files.map(file => {
    const own = scenarios.filter(({ path }) => listOf.get(path) === file);
    return coverageOf(readCoverageList(file), own);
  });
}

/** Compares a list with what the scenarios say that they cover. */
export function coverageOf(list: CoverageList, scenarios: readonly CoveringScenario[]): Coverage {
  const behaviours = list.behaviours.map(one => covered(one, scenarios, ({ covers }) => covers.map(String)));
  const functions = list.functions.map(one => covered(one, scenarios, scenario => scenario.functions));
  return {
    title: list.title,
    behaviours,
    functions,
    faults: [
      ...behaviours.flatMap(one => fault('behaviour', one)),
      ...functions.flatMap(one => fault('function', one)),
    ],
  };
}

function covered<S extends CoveringScenario>(
  one: Subject,
  scenarios: readonly S[],
  names: (scenario: S) => readonly string[],
): Covered {
  const by = scenarios.filter(scenario => names(scenario).includes(one.id));
  return { ...one, scenarios: by.map(({ name }) => name) };
}

function fault(kind: string, { id, title, reason, scenarios }: Covered): string[] {
  const name = title === '' ? `${kind} ${id}` : `${kind} ${id} (${title})`;
  if (scenarios.length === 0) return reason === null ? [`${name} has neither a scenario nor a reason`] : [];
  return reason === null ? [] : [`${name} has a reason for no scenario, and ${scenarios.join(', ')}`];
}

/** The coverage as a table for people, and below it what is wrong. */
export function coverageTable({ title, behaviours, functions, faults }: Coverage): string {
  const done = (all: readonly Covered[]) => all.filter(({ scenarios }) => scenarios.length > 0).length;
  const summary =
    `${title}: ${done(behaviours)} of ${behaviours.length} behaviours and ` +
    `${done(functions)} of ${functions.length} functions have a scenario`;
  return [
    ...table(behaviours.map(row)),
    '',
    ...table(functions.map(row)),
    '',
    summary,
    ...faults.map(text => `MISSING ${text}`),
  ].join('\n');
}

function row({ id, title, reason, scenarios }: Covered): string[] {
  const by = scenarios.length > 0 ? scenarios.join(', ') : reason === null ? 'MISSING' : `no: ${reason}`;
  return title === '' ? [id, by] : [id, title, by];
}

/** One line per row with aligned columns, the last one as it is. */
function table(rows: readonly string[][]): string[] {
  const width = (column: number) => Math.max(0, ...rows.map(cells => cells[column]?.length ?? 0));
  return rows.map(cells =>
    cells.map((cell, column) => (column < cells.length - 1 ? cell.padEnd(width(column) + 2) : cell)).join(''),
  );
}
