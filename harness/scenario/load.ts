import { readFile, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createJiti } from 'jiti';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { didYouMean } from '../util/nearest.ts';
import { BOUNDS, grouped } from './bounds.ts';
import { COVERAGE_FILE, nearestCoverageFile, readCoverageList, type CoverageList } from './coverage-list.ts';
import { parseScenario, problemLines } from './parse.ts';
import { moduleSource, yamlSource } from './places.ts';
import { unprintable } from './plain-text.ts';
import { PROJECT_FILE } from './project-file.ts';
import type { Source } from './places.ts';
import type { Scenario } from './scenario.ts';
import type { Names } from './variants.ts';

const YAML = /\.ya?ml$/;
/** In a folder only these modules are scenarios; named itself, any module is. */
const MODULE_IN_FOLDER = /\.scenario\.[cm]?[jt]s$/;
const MODULE = /\.[cm]?[jt]s$/;

/** How scenarios are read. */
export interface LoadOptions extends Names {
  /** The folder that the scenarios of one of the paths are named relative to; absolute, as the path is. */
  readonly rootOf: (path: string) => string;
  /** Keys of `guest` for scenarios that do not have them. */
  readonly guest?: Readonly<Record<string, unknown>>;
}

/**
 * Reads scenarios from files and folders, by absolute paths (all `*.yaml`, `*.yml` and `*.scenario.ts|js` below). A module exports the same
 * content by default.
 *
 * Throws one BpfrigError with code `scenario` that lists every problem of every file as `FILE:LINE:COLUMN: text` in its detail,
 * and with code `usage` when a path does not exist or there is no scenario in it.
 */
export async function loadScenarios(paths: readonly string[], options: LoadOptions): Promise<Scenario[]> {
  const found = await Promise.all(
    paths.map(async asked => {
      const files = await scenarioFiles(asked);
      const root = options.rootOf(asked);
      return files.map(path => ({ path, file: relative(root, path) }));
    }),
  );
  const files = [...new Map(found.flat().map(one => [one.path, one])).values()];
  const lists = coverageLists(files.map(({ path }) => path));
  const results = await Promise.all(
    files.map(async one => load(one, options, lists.get(nearestCoverageFile(one.path) ?? '') ?? null)),
  );
  const lines = results.flatMap(({ problems }) => problems);
  const [first, ...more] = lines;
  if (first !== undefined) {
    const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
    throw new BpfrigError('scenario', `${first}${others}`, { detail: lines.join('\n') });
  }
  return results.flatMap(({ scenario }) => scenario ?? []);
}

/** The nearest coverage lists of all files, each read once, by their path. */
function coverageLists(files: readonly string[]): Map<string, CoverageList> {
  const paths = new Set(files.map(nearestCoverageFile).filter(path => path !== null));
  return new Map([...paths].map(path => [path, readCoverageList(path)]));
}

async function load(
  { path, file }: { readonly path: string; readonly file: string },
  { vocabulary, ledger, guest = {} }: LoadOptions,
  coverage: CoverageList | null,
): Promise<{ scenario: Scenario | null; problems: string[] }> {
  const wrong = unprintable(file);
  // Printed as JSON writes it: this name must not reach a terminal as it is.
  if (wrong !== null)
    return { scenario: null, problems: [`${JSON.stringify(file)}:1:1: the file's name ${wrong}`] };
  let source: Source;
  try {
    source = YAML.test(path) ? yamlSource(await readText(path)) : moduleSource(await importDefault(path));
  } catch (error) {
    return { scenario: null, problems: [`${file}:1:1: cannot be read: ${messageOf(error)}`] };
  }
  const { scenario, problems } = parseScenario(
    source,
    { name: scenarioName(file), file, path },
    { vocabulary, ledger, coverage, guest },
  );
  return { scenario, problems: problemLines(file, problems) };
}

/** The text of a file; a pipe or a device, which may never end, and a file of gigabytes are refused before they are read. */
async function readText(path: string): Promise<string> {
  const stats = await stat(path);
  if (!stats.isFile()) throw new BpfrigError('scenario', 'it is not a regular file');
  if (stats.size > BOUNDS.bytes)
    throw new BpfrigError('scenario', `it has more than ${grouped(BOUNDS.bytes)} bytes: divide it`);
  return readFile(path, 'utf8');
}

/** The public API: what `bpfrig` is to a module of the user's, which need not have it installed. Not an import of this file's: that would go up. */
const PUBLIC_API = pathToFileURL(join(import.meta.dirname, '..', 'index.js')).href;

/** What a module exports by default, compiled if it is TypeScript; the file is read anew each time. */
async function importDefault(path: string): Promise<unknown> {
  const bpfrig: unknown = await import(PUBLIC_API);
  const jiti = createJiti(path, { virtualModules: { bpfrig }, fsCache: false, moduleCache: false });
  return await jiti.import(path, { default: true });
}

/** `scenarios/cpumap/redirect/one-cpu.yaml` is `cpumap/redirect/one-cpu`. */
export function scenarioName(file: string): string {
  return file
    .split(sep)
    .join('/')
    .replace(/^(?:\.\.?\/)*(?:.*\/)?scenarios\//, '')
    .replace(/(?:\.scenario)?\.\w+$/, '');
}

async function scenarioFiles(path: string): Promise<string[]> {
  const stats = await stat(path).catch(() => null);
  if (stats === null) throw await absent(path);
  if (!stats.isDirectory()) {
    if (YAML.test(path) || MODULE.test(path)) return [path];
    throw new BpfrigError(
      'usage',
      `${path} is not a scenario: it must be a .yaml, .ts or .js file, or a folder of them${isSource(path) ? '; `load` takes objects and their sources' : ''}`,
    );
  }
  const names = await readdir(path, { recursive: true });
  const found = names
    .filter(name => !name.split(sep).some(isNoFolderOfScenarios) && isScenario(name))
    .toSorted();
  if (found.length === 0)
    throw new BpfrigError('usage', `no scenario in folder ${path}: there must be *.yaml below it`);
  return found.map(name => join(path, name));
}

function isSource(path: string): boolean {
  return /\.(?:c|o)$/.test(path);
}

async function absent(path: string): Promise<BpfrigError> {
  const siblings = await readdir(dirname(path)).catch(() => []);
  const nearest = didYouMean(basename(path), siblings);
  return new BpfrigError('usage', `no scenario file or folder ${path}: it does not exist${nearest}`);
}

/** Folders that a project has for other purposes: its packages, its runs, its workflows. */
function isNoFolderOfScenarios(part: string, index: number): boolean {
  return part === 'node_modules' || (part === 'results' && index === 0) || part.startsWith('.');
}

function isScenario(name: string): boolean {
  if ([COVERAGE_FILE, PROJECT_FILE].includes(basename(name))) return false;
  return YAML.test(name) || MODULE_IN_FOLDER.test(name);
}
