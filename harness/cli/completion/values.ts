import { allBuilds, loadCatalogue, seriesOf } from '../../kernel/catalogue.ts';
import { buildName } from '../../kernel/spec.ts';
import { fragmentNames } from '../../kernel/trees/words.ts';
import { REPORTERS } from '../../report/registry.ts';
import { WORD_KINDS } from '../words.ts';
import type { Candidate } from './candidate.ts';
import { fileCandidates } from './files.ts';

type Values = (current: string) => readonly Candidate[] | Promise<readonly Candidate[]>;

const anyFile: Values = current => fileCandidates(current, () => true);
const folders: Values = current => fileCandidates(current, () => false);
const scenarios: Values = current => fileCandidates(current, name => /\.(?:yaml|yml|ts)$/.test(name));
const objects: Values = current => fileCandidates(current, name => /\.[co]$/.test(name));

/**
 * What the values of options and arguments can be, by the name that usage has for them (`--kernel <spec>`). Null: nothing is known. Every
 * name in the tree of commands is here, which a test verifies.
 */
export const VALUES: Readonly<Record<string, Values | null>> = {
  spec: kernels,
  specs: kernels,
  series: () => series().map(value => ({ value, about: '' })),
  'name[:file]': reporters,
  paths: scenarios,
  scenario: scenarios,
  objects,
  run: folders,
  after: folders,
  dir: folders,
  file: anyFile,
  'src[:dst]': anyFile,
  word: words,
  'axis=value': null,
  'i/n': null,
  'name=value': null,
  'path[:dst]': null,
  cel: null,
  cell: null,
  command: null,
  duration: null,
  mib: null,
  n: null,
  name: null,
  option: null,
  percent: null,
  text: null,
  url: null,
  words: null,
};

/** Returns what a value can be, by its name in usage; none for a value of which nothing is known. */
export async function candidatesFor(valueName: string, current: string): Promise<readonly Candidate[]> {
  return (await VALUES[valueName]?.(current)) ?? [];
}

function series(): string[] {
  return seriesOf(loadCatalogue(), 'all');
}

function kernels(current: string): Candidate[] {
  const [, tree, before, variantWord] = /^tree:(.*)\+((?:.*,)?)([^,]*)$/s.exec(current) ?? [];
  if (tree !== undefined && before !== undefined && variantWord !== undefined)
    return variantWords(tree, variantWord).map(({ value, about }) => ({
      value: `tree:${tree}+${before}${value}`,
      about,
    }));
  // Of packages that are joined by commas, the last one is completed.
  const [, begin, scheme, path] = /^((path|tree):|(?:deb|rpm):(?:.*,)?)(.*)$/s.exec(current) ?? [];
  if (begin !== undefined && path !== undefined) {
    const suffix = /^(?:deb|rpm)/.exec(begin)?.[0];
    const fits = (name: string): boolean =>
      suffix === undefined ? scheme === 'path' : name.endsWith(`.${suffix}`);
    return fileCandidates(path, fits).map(({ value, about }) => ({ value: begin + value, about }));
  }
  const catalogue = loadCatalogue();
  const known = allBuilds(catalogue).map(build => ({
    value: buildName(build),
    about: catalogue.series[buildName(build)]?.default === true ? 'a default' : '',
  }));
  return [
    ...known,
    { value: 'all', about: 'every series' },
    { value: 'path:', about: 'a kernel of your own' },
    { value: 'tree:', about: 'the tree of a kernel that you built' },
    { value: 'deb:', about: 'Debian packages of a kernel' },
    { value: 'rpm:', about: 'RPM packages of a kernel' },
  ];
}

/** What a word of a variant of a tree can be, as far as it was typed. */
function variantWords(tree: string, current: string): Candidate[] {
  const source = /^gcov=(.*)$/s.exec(current)?.[1];
  if (source !== undefined) {
    const root = `${tree}/`;
    return fileCandidates(root + source, name => name.endsWith('.c')).map(({ value }) => ({
      value: `gcov=${value.slice(root.length)}`,
      about: '',
    }));
  }
  return [
    ...fragmentNames().map(value => ({ value, about: 'a fragment of configuration' })),
    { value: 'gcov=', about: 'a source whose lines are counted' },
    ...fileCandidates(current, name => name.endsWith('.config')),
  ];
}

function reporters(current: string): Candidate[] {
  const colon = current.indexOf(':');
  if (colon >= 0) {
    const name = current.slice(0, colon + 1);
    const files = fileCandidates(current.slice(colon + 1), () => true);
    return files.map(({ value, about }) => ({ value: name + value, about }));
  }
  return Object.entries(REPORTERS).map(([value, { about }]) => ({ value, about }));
}

/** Not the programs: reading them can mean compiling them. */
async function words(): Promise<Candidate[]> {
  const kinds = Object.entries(WORD_KINDS).filter(([kind]) => kind !== 'programs');
  const entries = await Promise.all(kinds.map(async ([, { entries }]) => await entries()));
  return entries.flat().map(({ word, meaning }) => ({ value: word, about: meaning }));
}
