import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

/** The layers of harness/, top first. A file imports from its own layer and from those below it. See DESIGN.md, "The house". */
export const LAYERS = [
  'cli',
  'report',
  'run',
  'oracle',
  'scenario',
  'guest',
  'vm',
  'image',
  'object',
  'kernel',
  'model',
  'util',
] as const;

/** Reports are functions of events: they may know the nouns and nothing else. */
const REPORT_MAY_USE = new Set(['report', 'model', 'util']);

/** The one exception to "down only": what runs does not know how it is reported; cli/ joins the two. */
const RUN_MAY_NOT_USE = new Set(['report']);

/** One import that goes the wrong way, as `file -> target: why`. */
export interface Violation {
  readonly file: string;
  readonly target: string;
  readonly why: string;
}

/** Every relative import below `root` (the harness folder) that breaks the one-way rule. */
export function importViolations(root: string): Violation[] {
  const found: Violation[] = [];
  for (const file of sources(root)) {
    const from = layerOf(root, file);
    for (const specifier of importsOf(readFileSync(file, 'utf8'))) {
      const target = resolve(dirname(file), specifier);
      const to = layerOf(root, target);
      const why = to === null ? 'leaves harness/' : judge(from, to);
      if (why !== null) found.push({ file: relative(root, file), target: specifier, why });
    }
  }
  return found;
}

function judge(from: string | null, to: string): string | null {
  const fromRank = LAYERS.indexOf(from as (typeof LAYERS)[number]);
  const toRank = LAYERS.indexOf(to as (typeof LAYERS)[number]);
  if (fromRank < 0 || toRank < 0) return 'is in no known layer';
  if (toRank < fromRank) return `${from}/ may not import from ${to}/, which stands above it`;
  if (from === 'report' && !REPORT_MAY_USE.has(to)) return 'report/ knows model/ and util/ alone';
  if (from === 'run' && RUN_MAY_NOT_USE.has(to)) return 'run/ does not know report/';
  return null;
}

function layerOf(root: string, path: string): string | null {
  const parts = relative(root, path).split(sep);
  return parts[0] === '..' ? null : (parts[0] ?? null);
}

function importsOf(source: string): string[] {
  const specifiers = [...source.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']*)'/g)];
  return specifiers.flatMap(match => match[1] ?? []);
}

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap(name => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return name === 'testdata' ? [] : sources(path);
    return /\.tsx?$/.test(path) ? [path] : [];
  });
}
