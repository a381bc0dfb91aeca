import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { BpfrigError, messageOf } from '../util/errors.ts';

/** File next to or above scenarios that lists what they must cover; it is not a scenario itself. */
export const COVERAGE_FILE = 'coverage.yaml';

/** Something that scenarios must cover: a behaviour by its number, or a function of the kernel's source. */
export interface Subject {
  readonly id: string;
  /** Empty for a function, whose name says it. */
  readonly title: string;
  /** Why no scenario needs to cover it; null: one must. */
  readonly reason: string | null;
}

/** Why lines of the kernel's source are not reached, whatever the scenarios do. */
export interface Unreached {
  readonly function: string;
  /** Part of the text of the line, which may begin on lines before. */
  readonly code: string;
  readonly because: string;
}

/** What the scenarios of a folder must cover: its `coverage.yaml`. */
export interface CoverageList {
  /** Relative to the current folder. */
  readonly file: string;
  /** The source that it is about: `kernel/bpf/cpumap.c`. */
  readonly title: string;
  readonly behaviours: readonly Subject[];
  readonly functions: readonly Subject[];
  readonly unreached: readonly Unreached[];
}

const withReason = z.strictObject({ title: z.string().optional(), no_scenario: z.string().min(1) });
const sentence = z.string().trim().min(1);
const listSchema = z
  .strictObject({
    title: z.string().min(1),
    behaviours: z.record(z.string(), z.union([z.string().min(1), withReason])),
    functions: z.record(z.string(), z.union([z.null(), withReason])),
    unreached: z.array(z.strictObject({ function: sentence, code: sentence, because: sentence })).default([]),
  })
  .refine(({ title, unreached }) => unreached.length === 0 || /^\S+\.[ch]$/.test(title), {
    message: '`unreached` needs the source file as title, such as kernel/bpf/cpumap.c',
  });

/** Reads a `coverage.yaml`. Throws a BpfrigError with code `scenario` when it does not have that shape. */
export function readCoverageList(path: string): CoverageList {
  const where = relative(process.cwd(), path);
  try {
    // By entries, since an object puts numbers that are keys first, and in the wrong order.
    const order = parse(readFileSync(path, 'utf8'), { mapAsMap: true }) as Map<string, unknown>;
    const list = listSchema.parse(parse(readFileSync(path, 'utf8')));
    return {
      file: where,
      title: list.title,
      behaviours: keysOf(order.get('behaviours')).map(id => subject(id, list.behaviours[id])),
      functions: keysOf(order.get('functions')).map(id => subject(id, list.functions[id])),
      unreached: list.unreached,
    };
  } catch (error) {
    const detail = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    const [first = ''] = detail.split('\n');
    throw new BpfrigError('scenario', `${where}: not a coverage list: ${first}`, { detail, cause: error });
  }
}

/** The list of a scenario's folder, or of the nearest folder above it; null where there is none. */
export function nearestCoverageFile(scenario: string): string | null {
  for (let dir = dirname(scenario); dir !== dirname(dir); dir = dirname(dir)) {
    const file = join(dir, COVERAGE_FILE);
    if (existsSync(file)) return file;
  }
  return null;
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
