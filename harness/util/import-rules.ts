import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

/** The layers of harness/, top first. A file imports from its own layer and from those below it: docs/architecture.md. */
export const LAYERS = [
  'cli',
  'faults',
  'api',
  'report',
  'run',
  'oracle',
  'scenario',
  'guest',
  'vm',
  'image',
  'object',
  'packet',
  'kernel',
  'arch',
  'model',
  'util',
] as const;

/** Reports are functions of events: they may know the nouns and nothing else. */
const REPORT_MAY_USE = new Set(['report', 'model', 'util']);

/** The one exception to "down only": what runs does not know how it is reported; cli/ and api/ join the two. */
const RUN_MAY_NOT_USE = new Set(['report']);

/** One import that breaks a rule, as `file -> target: why`. */
export interface Violation {
  readonly file: string;
  readonly target: string;
  readonly why: string;
}

/** A source file below the root, and the files that it imports by a relative path. */
interface Source {
  readonly file: string;
  readonly targets: readonly string[];
}

/** Every relative import below `root` (the harness folder) that goes up, leaves the folder, or closes a circle. */
export function importViolations(root: string): Violation[] {
  const all = sources(root).map((path): Source => {
    const targets = importsOf(readFileSync(path, 'utf8')).map(specifier => resolve(dirname(path), specifier));
    return { file: relative(root, path), targets: targets.map(target => relative(root, target)) };
  });
  return [...all.flatMap(upward), ...circles(all)];
}

function upward({ file, targets }: Source): Violation[] {
  return targets.flatMap(target => {
    const why = judge(layerOf(file), layerOf(target));
    return why === null ? [] : [{ file, target, why }];
  });
}

function judge(from: string | null, to: string | null): string | null {
  // harness/index.ts, the public API, is in no layer and stands above all.
  if (from === 'index.ts') return null;
  if (to === null) return 'leaves harness/';
  const fromRank = LAYERS.indexOf(from as (typeof LAYERS)[number]);
  const toRank = LAYERS.indexOf(to as (typeof LAYERS)[number]);
  if (fromRank < 0 || toRank < 0) return 'is in no known layer';
  if (toRank < fromRank) return `${from}/ may not import from ${to}/, which is above it`;
  if (from === 'report' && !REPORT_MAY_USE.has(to)) return 'report/ may use model/ and util/ only';
  if (from === 'run' && RUN_MAY_NOT_USE.has(to)) return 'run/ may not use report/';
  return null;
}

function layerOf(path: string): string | null {
  const [first] = path.split(sep);
  return first === '..' ? null : (first ?? null);
}

/** Circles of imports, also of types only: each is reported once, at the import that closes it. */
function circles(all: readonly Source[]): Violation[] {
  const targetsOf = new Map(all.map(({ file, targets }) => [file, targets]));
  const done = new Set<string>();
  const found: Violation[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0) {
      const circle = [...path.slice(start), file];
      found.push({ file: path.at(-1) ?? file, target: file, why: `closes a circle: ${circle.join(' -> ')}` });
      return;
    }
    if (done.has(file)) return;
    for (const target of targetsOf.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const { file } of all) visit(file, []);
  return found;
}

/** Statements stand at the start of a line; an expression `import()` may stand anywhere. */
function importsOf(source: string): string[] {
  const statements = source.matchAll(/^(?:import|export)\b[^;'"=(]*'(\.[^']*)'/gm);
  const expressions = source.matchAll(/\bimport\(\s*'(\.[^']*)'/g);
  return [...statements, ...expressions].flatMap(match => match[1] ?? []);
}

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap(name => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return name === 'testdata' ? [] : sources(path);
    return /\.tsx?$/.test(path) ? [path] : [];
  });
}
