import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join, relative } from 'node:path';

/** Something in a file of the repository that a reader would stumble over. */
export interface DocumentFault {
  /** Path from the root of the repository. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** One line: what is there, and what is wrong with it. */
  readonly text: string;
}

/** Phrases that the project's English does without, and what to write instead. See docs/CONTRIBUTING.md, "English". */
export const PHRASES: Readonly<Record<string, string>> = {
  'cannot be had': 'is unavailable, cannot be fetched',
  'is wanted': 'must be',
  'are wanted': 'must be',
  'held against': 'compared with',
  'what became of': 'the outcome of',
  'what came of': 'the outcome of',
  mended: 'fixed, repaired',
  'is told': 'is reported, receives',
  'are told': 'are reported, receive',
  'tells of': 'reports',
  'by way of': 'via',
  'in place of': 'instead of',
  'one a line': 'one per line',
  'a line a cell': 'one line per cell',
};

/** Folders at the root that are not the repository's own text. */
const SKIPPED_FOLDERS = new Set(['.git', '.tap', 'dist', 'node_modules', 'results']);

/** Written by npm, or about documents that do not exist on purpose. */
const SKIPPED_FILES = new Set([
  'package-lock.json',
  'harness/util/documents.ts',
  'harness/util/documents.test.ts',
]);

/** Documents that a run writes, and that text may therefore name. */
const WRITTEN_BY_RUNS = new Set(['report.md']);

const CITING = new Set('.c .cff .css .h .json .md .mjs .sh .ts .tsx .yaml .yml'.split(' '));
const WITHOUT_EXTENSION = new Set(['Makefile', 'bpfrig', 'init', 'run', 'Containerfile']);

/** Parts of the repository in which a path in a Markdown code span must exist. */
const PLACES = /^(?:harness|bpf|images|scenarios|docs|examples|\.ci|\.github)\//;

/** Paths of the documents' examples: files that a reader makes. */
const MADE_BY_READERS =
  /^(?:scenarios\/mine(?:\/|$)|images\/agent\/cpu\/clock\.c$|\.github\/workflows\/bpfrig\.yml$)/;

/**
 * Every document that is cited and does not exist: `*.md` in sources, schemas and YAML, which may be written from the root, from
 * the citing file's folder or one above it, or by its name alone; links of Markdown files and their anchors; paths in code spans of Markdown files.
 */
export function citationFaults(root: string): DocumentFault[] {
  const files = textFiles(root);
  const names = new Set(files.map(file => basename(file)));
  return files.flatMap(file => {
    const text = readFileSync(join(root, file), 'utf8');
    return extname(file) === '.md'
      ? [...linkFaults(root, file, text), ...spanFaults(root, file, text)]
      : mentionFaults(root, file, text, names);
  });
}

/** Every use of a phrase of {@link PHRASES}, also one that is broken over two lines of a comment. */
export function phraseFaults(root: string): DocumentFault[] {
  return textFiles(root).flatMap(file => {
    const text = readFileSync(join(root, file), 'utf8');
    const faults = Object.entries(PHRASES).flatMap(([phrase, instead]) =>
      [...text.matchAll(phrasePattern(phrase))].map(match => ({
        file,
        line: lineOf(text, match.index),
        text: `"${phrase}": write ${instead}`,
      })),
    );
    return faults.sort((a, b) => a.line - b.line);
  });
}

/** Anchors of a Markdown text, as GitHub makes them of its headings. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutFences(text).matchAll(/^#{1,6}\s+(.*)$/gm)) {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-');
    let anchor = slug;
    for (let copy = 1; anchors.has(anchor); copy += 1) anchor = `${slug}-${copy}`;
    anchors.add(anchor);
  }
  return anchors;
}

function linkFaults(root: string, file: string, text: string): DocumentFault[] {
  const prose = withoutFences(text);
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(({ 1: link = '', index }) => {
    if (/^[a-z]+:/i.test(link)) return [];
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? file : join(dirname(file), path);
    const fault = (why: string): DocumentFault[] => [
      { file, line: lineOf(text, index), text: `link ${link}: ${why}` },
    ];
    if (!existsSync(join(root, target))) return fault(`there is no ${target}`);
    if (anchor === undefined || extname(target) !== '.md') return [];
    const anchors = anchorsOf(readFileSync(join(root, target), 'utf8'));
    return anchors.has(anchor) ? [] : fault(`${target} has no heading #${anchor}`);
  });
}

function spanFaults(root: string, file: string, text: string): DocumentFault[] {
  return [...withoutFences(text).matchAll(/`([^`\s]+)`/g)].flatMap(({ 1: path = '', index }) => {
    // A pattern or a name to fill in is no path.
    const concrete = PLACES.test(path) && !/[*{<…]|\b[A-Z]{4,}\b(?!\.md)/.test(path);
    if (!concrete || MADE_BY_READERS.test(path) || existsSync(join(root, path))) return [];
    return [{ file, line: lineOf(text, index), text: `\`${path}\` does not exist` }];
  });
}

/** `names` are those of all files: a document without a folder is found by its name alone. */
function mentionFaults(
  root: string,
  file: string,
  text: string,
  names: ReadonlySet<string>,
): DocumentFault[] {
  return [...text.matchAll(/(?<![\w/.-])((?:[\w.-]+\/)*[\w-]+\.md)\b/g)].flatMap(
    ({ 1: name = '', index }) => {
      if (WRITTEN_BY_RUNS.has(basename(name)) || names.has(name)) return [];
      if (foldersAbove(file).some(folder => existsSync(join(root, folder, name)))) return [];
      return [{ file, line: lineOf(text, index), text: `${name} does not exist` }];
    },
  );
}

/** The folder of a file and each one above it, the root (`.`) last. */
function foldersAbove(file: string): string[] {
  const folder = dirname(file);
  return folder === '.' ? ['.'] : [folder, ...foldersAbove(folder)];
}

/** The same text, and the same offsets, with fenced code blanked out. */
function withoutFences(text: string): string {
  return text.replace(/^(```|~~~)[\s\S]*?^\1/gm, fence => fence.replace(/[^\n]/g, ' '));
}

function phrasePattern(phrase: string): RegExp {
  const gap = String.raw`(?:[ \t]+|[ \t]*\n[ \t]*(?:\*|//|#)?[ \t]*)`;
  return new RegExp(String.raw`\b${phrase.split(' ').join(gap)}\b`, 'gi');
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** All texts below a folder, by their paths from it. What tests compare with (testdata/) is left out, its scenarios and programs are not. */
function textFiles(root: string): string[] {
  const below = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
      const path = join(folder, entry.name);
      const file = relative(root, path);
      if (entry.isDirectory()) return SKIPPED_FOLDERS.has(file) ? [] : below(path);
      const extension = extname(entry.name);
      const citing = extension === '' ? WITHOUT_EXTENSION.has(entry.name) : CITING.has(extension);
      const golden = /(?:^|\/)testdata\//.test(file) && !/\.(?:ya?ml|c|h)$/.test(file);
      return entry.isFile() && citing && !golden && !SKIPPED_FILES.has(file) ? [file] : [];
    });
  return below(root).sort();
}
