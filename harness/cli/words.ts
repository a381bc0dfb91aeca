import { loadCatalogue } from '../kernel/catalogue.ts';
import { commitTexts, FEATURES, sinceText } from '../kernel/features.ts';
import { buildOwnObject } from '../image/build.ts';
import { VERDICTS } from '../model/verdict.ts';
import { readObject } from '../object/read-object.ts';
import { counterRows } from '../oracle/reference.ts';
import { SEMANTICS, SUBJECTS } from '../oracle/subjects.ts';
import { scenarioKeys, stepFacts, type StepFacts } from '../scenario/reference.ts';
import { cacheRoot } from '../util/paths.ts';
import { table } from './table.ts';

/** A word of bpfrig's reference. */
export interface WordEntry {
  readonly word: string;
  /** One line. */
  readonly meaning: string;
  /** What there is to say in addition, as text of several lines; empty where the line says it all. */
  readonly more: string;
}

/** A kind of word: what `bpfrig list KIND` prints. */
export interface WordKind {
  /** One line for the list of the kinds. */
  readonly title: string;
  /** Where the reference goes on. */
  readonly document: string;
  readonly entries: () => WordEntry[] | Promise<WordEntry[]>;
}

/** Every kind of word, from the declarations that the documents in docs/ are generated from. */
export const WORD_KINDS: Readonly<Record<string, WordKind>> = {
  steps: {
    title: 'what a scenario does',
    document: 'docs/reference.md',
    entries: () => stepFacts().map(stepEntry),
  },
  keys: { title: 'what a scenario says', document: 'docs/reference.md', entries: keyEntries },
  counters: { title: 'names in expectations', document: 'docs/counters.md', entries: counterEntries },
  features: {
    title: 'what scenarios can require of a kernel',
    document: 'docs/reference.md',
    entries: featureEntries,
  },
  programs: { title: "bpfrig's own BPF programs", document: 'bpf/', entries: programEntries },
  kernels: { title: 'series of kernels', document: 'docs/kernels.md', entries: kernelEntries },
  subjects: {
    title: 'parts of the kernel that are counted',
    document: 'docs/counters.md',
    entries: () => SUBJECTS.map(({ name, title }) => ({ word: name, meaning: title, more: '' })),
  },
  verdicts: { title: 'how a cell ends', document: 'docs/ledger.md', entries: verdictEntries },
};

function stepEntry({ kind, meaning, value, forms, result }: StepFacts): WordEntry {
  const parts = [
    ...(value === null ? [] : [`Value: ${plain(value)}.`]),
    ...forms.map(keysText),
    result === null ? "Result: the kernel's own names." : `Result: ${result.join(', ')}.`,
  ];
  return { word: kind, meaning, more: parts.join('\n\n') };
}

function keyEntries(): WordEntry[] {
  return scenarioKeys().map(([key = '', value = '', fallback = '', meaning = '']) => ({
    word: plain(key),
    meaning,
    more: allowed(value, fallback),
  }));
}

function counterEntries(): WordEntry[] {
  return counterRows().map(([name = '', unit = '', meaning = '']) => {
    const word = plain(name);
    const rows = SEMANTICS.filter(({ field }) => field === word).map(({ mode, kernels, means, truth }) => [
      `  ${kernels}`,
      mode ?? '',
      means,
      truth,
    ]);
    const counted = unit === '' ? [] : [`Counted in ${unit}.`];
    return { word, meaning, more: [...counted, ...(rows.length === 0 ? [] : [table(rows)])].join('\n') };
  });
}

function featureEntries(): WordEntry[] {
  return Object.entries(FEATURES).map(([word, feature]) => {
    const unprobed = feature.kind === 'feature' ? 'Its version decides.' : 'Its configuration decides.';
    const probed = feature.probe === null ? unprobed : 'Probed in a guest.';
    return feature.kind === 'feature'
      ? { word, meaning: sinceText(feature), more: [...commitTexts(feature), probed].join('\n') }
      : { word, meaning: feature.config, more: probed };
  });
}

async function programEntries(): Promise<WordEntry[]> {
  const { programs, globals } = readObject(
    await buildOwnObject('stock.bpf.c', { arch: 'amd64', cacheDir: cacheRoot() }),
  );
  const names = globals.map(({ name }) => name).join(', ');
  return programs.map(({ name, section }) => ({ word: name, meaning: section, more: `config: ${names}` }));
}

function kernelEntries(): WordEntry[] {
  const { series } = loadCatalogue();
  return Object.entries(series).map(([word, { default: isDefault, suites, flavours, architectures }]) => {
    const others = Object.entries(architectures).map(
      ([arch, other]) => `${arch}: ${other.flavours.join(', ')}`,
    );
    const also = others.length === 0 ? '' : ` Other architectures: ${others.join('; ')}.`;
    return {
      word,
      meaning: isDefault ? 'default' : '',
      more: `Suites: ${suites.join(', ')}. Flavours: ${flavours.join(', ')}.${also}`,
    };
  });
}

function verdictEntries(): WordEntry[] {
  return Object.entries(VERDICTS).map(([word, { red, spoiled }]) => ({
    word,
    meaning: !red ? 'green' : spoiled ? 'red: the host, the harness or the scenario' : 'red: the kernel',
    more: '',
  }));
}

/** Keys, each with its meaning and, below, what may stand there. */
function keysText(rows: readonly (readonly string[])[]): string {
  const lines = rows.flatMap(([key = '', value = '', fallback = '', meaning = '']) => [
    [`  ${plain(key)}`, plain(meaning)],
    ['', allowed(value, fallback)],
  ]);
  return table(lines);
}

function allowed(value: string, fallback: string): string {
  const without =
    fallback === '' ? 'required' : fallback === 'optional' ? fallback : `default: ${plain(fallback)}`;
  return `${plain(value)}; ${without}`;
}

/** Without Markdown's quotes for code. */
function plain(text: string): string {
  return text.replaceAll('`', '');
}
