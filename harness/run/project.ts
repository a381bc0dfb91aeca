import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { Catalogue } from '../kernel/catalogue.ts';
import { useArchives } from '../kernel/apt-sources.ts';
import type { ArchName } from '../model/kernel.ts';
import { PROJECT_FILE, readProjectFile, type ProjectSettings } from '../scenario/project-file.ts';
import { RESULTS } from './results.ts';
import { requestedKernels, type RequestedKernel } from './requested-kernel.ts';

/** A repository with scenarios, as its bpfrig.yaml describes it; without such a file, the working folder with no settings. */
export interface Project extends ProjectSettings {
  /** Absolute. Scenarios are named relative to it, and runs are kept in `results/` below it. */
  readonly root: string;
  /** Absolute path of its bpfrig.yaml; null where there is none. */
  readonly file: string | null;
}

const NO_SETTINGS: ProjectSettings = { kernels: null, suites: [], jobs: null, guest: {}, mirror: {} };

/**
 * The project that a command works in: that of the first path which it was given, else that of the working folder. Its archives are
 * what kernels are fetched from, from now on. Throws `usage` for a bpfrig.yaml that is not valid.
 */
export function openProject(paths: readonly string[] = [], cwd: string = process.cwd()): Project {
  const [first] = paths;
  const file = (first === undefined ? null : projectFileAbove(resolve(cwd, first))) ?? projectFileAbove(cwd);
  if (file === null) return { root: cwd, file, ...NO_SETTINGS };
  const settings = readProjectFile(file);
  useArchives(settings.mirror);
  return { root: dirname(file), file, ...settings };
}

/** The nearest bpfrig.yaml in a folder, or in one of those above it; null where there is none. */
export function projectFileAbove(path: string): string | null {
  const file = join(path, PROJECT_FILE);
  if (isFile(file)) return file;
  const parent = dirname(path);
  return parent === path ? null : projectFileAbove(parent);
}

/**
 * The folder that a scenario is named relative to: that of the nearest bpfrig.yaml, else the root of its Git repository, else the folder that
 * was asked for, or the one which its file is in. None of them depends on the working folder.
 */
export function scenarioRoot(asked: string): string {
  const file = projectFileAbove(asked);
  if (file !== null) return dirname(file);
  return repositoryAbove(asked) ?? (isFile(asked) ? dirname(asked) : asked);
}

function repositoryAbove(path: string): string | null {
  if (existsSync(join(path, '.git'))) return path;
  const parent = dirname(path);
  return parent === path ? null : repositoryAbove(parent);
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    // Not there, below a file, or not for this user to see.
    return false;
  }
}

/** The kernels of `--kernel`, else of the project, else the default ones, for each of `archs`. Throws `usage` for a text that is no spec. */
export async function kernelsOf(
  project: Project,
  texts: readonly string[],
  catalogue: Catalogue,
  archs: readonly ArchName[] = [],
): Promise<RequestedKernel[]> {
  return await requestedKernels(kernelTextsOf(project, texts), catalogue, archs);
}

/** The texts of `--kernel`, else of the project, as `--kernel` would have them. */
export function kernelTextsOf(project: Project, texts: readonly string[] = []): readonly string[] {
  if (texts.length > 0 || project.kernels === null) return texts;
  return project.kernels.map(text => fromWorkingFolder(text, project.root));
}

/** A spec of a project, whose paths are relative to its root, as `--kernel` would have it. */
function fromWorkingFolder(text: string, root: string): string {
  const [, scheme, place] = /^(path|tree|deb|rpm):(.+)$/s.exec(text) ?? [];
  if (scheme === undefined || place === undefined) return text;
  const paths = scheme === 'deb' || scheme === 'rpm' ? place.split(',') : [place];
  const here = (path: string): string =>
    path === '' || path.startsWith('/') ? path : relative('.', resolve(root, path)) || '.';
  const [, tree, words] = /^(.*)\+([^+]*)$/s.exec(place) ?? [];
  if (scheme !== 'tree' || tree === undefined || words === undefined || existsSync(resolve(root, place)))
    return `${scheme}:${paths.map(here).join(',')}`;
  // Of a variant's words, fragments of the project's own are files too.
  const variant = words.split(',').map(word => (word.endsWith('.config') ? here(word) : word));
  return `tree:${here(tree)}+${variant.join(',')}`;
}

/** Where the runs of a project go, and where `latest` is: `$BPFRIG_RESULTS`, else its `results/`. Whoever runs bpfrig for a purpose of its own sets the variable: `latest` is the user's. */
export function resultsRoot({ root }: Pick<Project, 'root'>, env: NodeJS.ProcessEnv = process.env): string {
  return resolve(env['BPFRIG_RESULTS'] ?? join(root, RESULTS));
}
