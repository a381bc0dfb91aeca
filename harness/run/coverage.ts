import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { COVERAGE_FILE } from '../scenario/load.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';

/** Something that scenarios are to cover: a behaviour by its number, or a function of the kernel's source. */
export interface Subject {
  readonly id: string;
  /** Empty for a function, whose name says it. */
  readonly title: string;
  /** Why no scenario need cover it; null: one has to. */
  readonly reason: string | null;
}

/** What the scenarios of a folder are to cover: its `coverage.yaml`. */
export interface CoverageList {
  readonly title: string;
  readonly behaviours: readonly Subject[];
  readonly functions: readonly Subject[];
}

/** A subject with the names of the scenarios that cover it. */
export interface Covered extends Subject {
  readonly scenarios: readonly string[];
}

/** A list held against scenarios. */
export interface Coverage {
  readonly title: string;
  readonly behaviours: readonly Covered[];
  readonly functions: readonly Covered[];
  /** What is wrong, one line each: covered by none and without a reason, a reason that is stale, a name that is not in the list. */
  readonly faults: readonly string[];
}

type CoveringScenario = Pick<Scenario, 'name' | 'covers' | 'functions'>;

const withReason = z.strictObject({ title: z.string().optional(), no_scenario: z.string().min(1) });
const listSchema = z.strictObject({
  title: z.string().min(1),
  behaviours: z.record(z.string(), z.union([z.string().min(1), withReason])),
  functions: z.record(z.string(), z.union([z.null(), withReason])),
});

/** Reads a `coverage.yaml`. Throws `scenario` when it is not of that shape. */
export function readCoverageList(path: string): CoverageList {
  const where = relative(process.cwd(), path);
  try {
    // By entries, since an object puts numbers that are keys first, and in the wrong order.
    const order = parse(readFileSync(path, 'utf8'), { mapAsMap: true }) as Map<string, unknown>;
    const list = listSchema.parse(parse(readFileSync(path, 'utf8')));
    return {
      title: list.title,
      behaviours: keysOf(order.get('behaviours')).map(id => subject(id, list.behaviours[id])),
      functions: keysOf(order.get('functions')).map(id => subject(id, list.functions[id])),
    };
  } catch (error) {
    const detail = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    throw new BpfrigError('scenario', `${where}: not a list of what is to be covered`, { detail });
  }
}

/** The list that stands in a scenario's folder or the nearest one above it. Throws `usage` when there is none. */
export function findCoverageFile(scenarios: readonly Pick<Scenario, 'path'>[]): string {
  for (const { path } of scenarios) {
    for (let dir = dirname(path); dir !== dirname(dir); dir = dirname(dir)) {
      const file = join(dir, COVERAGE_FILE);
      if (existsSync(file)) return file;
    }
  }
  throw new BpfrigError(
    'usage',
    `--coverage: there is no ${COVERAGE_FILE} in the scenarios' folder or above`,
  );
}

/** Holds a list against what scenarios say that they cover. */
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
      ...scenarios.flatMap(scenario => unlisted(list, scenario)),
    ],
  };
}

function keysOf(value: unknown): string[] {
  return value instanceof Map ? [...value.keys()].map(String) : [];
}

function subject(id: string, value: string | null | undefined | z.infer<typeof withReason>): Subject {
  if (typeof value === 'object' && value !== null) {
    return { id, title: value.title ?? '', reason: value.no_scenario.trim() };
  }
  return { id, title: value ?? '', reason: null };
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

/** A slip of the pen would count as covered otherwise. */
function unlisted(list: CoverageList, { name, covers, functions }: CoveringScenario): string[] {
  const known = (subjects: readonly Subject[]) => new Set(subjects.map(({ id }) => id));
  const [behaviours, sources] = [known(list.behaviours), known(list.functions)];
  return [
    ...covers.map(String).filter(id => !behaviours.has(id)),
    ...functions.filter(id => !sources.has(id)),
  ].map(id => `${name} covers ${id}, which is not in the list`);
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

/** Columns in a line each, the last one as it is. */
function table(rows: readonly string[][]): string[] {
  const width = (column: number) => Math.max(0, ...rows.map(cells => cells[column]?.length ?? 0));
  return rows.map(cells =>
    cells.map((cell, column) => (column < cells.length - 1 ? cell.padEnd(width(column) + 2) : cell)).join(''),
  );
}
