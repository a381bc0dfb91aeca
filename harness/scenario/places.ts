import { LineCounter, isMap, isPair, isScalar, isSeq, parseDocument } from 'yaml';
import type { Document, Node, Pair, YAMLError } from 'yaml';
import { BOUNDS, grouped } from './bounds.ts';
import type { Place } from './scenario.ts';
import { unboundedData, unboundedNode } from './yaml-bounds.ts';

/** Where a value stands in a scenario: keys and indexes from the top. */
export type Path = readonly PropertyKey[];

/** One thing that is wrong in a scenario's file. */
export interface Problem {
  readonly place: Place;
  readonly text: string;
}

/** A scenario's content before it is checked, with a way to find the place of each part. */
export interface Source {
  readonly data: unknown;
  readonly problems: readonly Problem[];
  /** Place of the value at the path, of the nearest parent when it is not there; of its key with `key`. */
  place(path: Path, of?: 'key' | 'value'): Place;
  /** The text of a scalar as written (`6.10`), null when there is none. */
  written(path: Path): string | null;
  /** Place of a character of a text: exact when the text stands on one line, else where the text begins. */
  within(path: Path, offset: number): Place;
}

/** Reads YAML 1.2; syntax errors, and what breaks one of {@link BOUNDS}, become problems. */
export function yamlSource(text: string): Source {
  if (text.length > BOUNDS.bytes) return unread(`longer than ${grouped(BOUNDS.bytes)} characters: divide it`);
  const lines = new LineCounter();
  let document: Document;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  } catch (error) {
    // The parser calls itself for each level.
    if (!(error instanceof RangeError)) throw error;
    return unread(`more than ${BOUNDS.depth} mappings and lists within each other`);
  }
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problems = document.errors.map(error => ({ place: at(error.pos[0]), text: syntaxText(error) }));
  const unbounded = problems.length > 0 ? null : unboundedNode(document);
  if (unbounded !== null) problems.push({ place: at(unbounded.offset), text: unbounded.text });
  const root = document.contents;
  return {
    // Its own limit of aliases is not needed.
    data: problems.length > 0 ? null : (document.toJS({ maxAliasCount: -1 }) as unknown),
    problems,
    place: (path, of = 'value') => at(offsetOf(root, path, of)),
    written: path => {
      const { node, rest } = descend(root, path);
      return rest === 0 && isScalar(node) && typeof node.source === 'string' ? node.source : null;
    },
    within: (path, offset) => {
      const { node, rest } = descend(root, path);
      const start = node?.range?.[0] ?? 0;
      if (rest > 0 || !isScalar(node)) return at(start);
      const quote = node.type === 'PLAIN' ? 0 : 1;
      const simple = node.type === 'PLAIN' || node.type?.startsWith('QUOTE') === true;
      return simple && node.source?.includes('\n') !== true ? at(start + quote + offset) : at(start);
    },
  };
}

/** The place of what a program asks for step by step: it stands in no file. */
export const NO_PLACE: Place = { line: 0, column: 0 };

/** `line 12`, for a message about something that stands there; null for what stands in no file. */
export function lineText({ line }: Place): string | null {
  return line === NO_PLACE.line ? null : `line ${line}`;
}

/** `line 12: `, to begin a message with; empty for what stands in no file. */
export function linePrefix(place: Place): string {
  const text = lineText(place);
  return text === null ? '' : `${text}: `;
}

/** Data of a program that stands in no file. */
export function programSource(data: unknown): Source {
  return { ...moduleSource(data), place: () => NO_PLACE, within: () => NO_PLACE };
}

/** Data that was made by a program: it has no places but the file's beginning. */
export function moduleSource(data: unknown): Source {
  const unbounded = unboundedData(data);
  return unbounded === null ? { data, problems: [], ...NO_PLACES } : unread(unbounded);
}

/** What the parser says, and what to do where that does not follow from it. */
function syntaxText({ code, message }: YAMLError): string {
  const remedy = REMEDIES[code];
  return remedy === undefined ? message : `${message}: ${remedy}`;
}

const REMEDIES: Partial<Record<YAMLError['code'], string>> = {
  TAB_AS_INDENT: 'write spaces',
  DUPLICATE_KEY: 'leave out one of the two',
};

function unread(text: string): Source {
  return { data: null, problems: [{ place: TOP, text }], ...NO_PLACES };
}

const TOP: Place = { line: 1, column: 1 };
const NO_PLACES = { place: () => TOP, written: () => null, within: () => TOP };

function offsetOf(root: Node | null, path: Path, of: 'key' | 'value'): number {
  const { node, pair, rest } = descend(root, path);
  const key = pair?.key as Node | null | undefined;
  return (
    (of === 'key' && rest === 0 ? key?.range?.[0] : undefined) ?? node?.range?.[0] ?? key?.range?.[0] ?? 0
  );
}

interface Found {
  readonly node: Node | null;
  readonly pair: Pair | null;
  /** How many parts of the path were not there. */
  readonly rest: number;
}

function descend(root: Node | null, path: Path): Found {
  let found: Found = { node: root, pair: null, rest: 0 };
  for (const [index, part] of path.entries()) {
    const next = child(found.node, part);
    if (next === null) return { ...found, rest: path.length - index };
    found = next;
  }
  return found;
}

function child(node: Node | null, part: PropertyKey): Found | null {
  if (isSeq(node)) {
    const item = node.items[Number(part)] as Node | undefined;
    return item === undefined ? null : { node: item, pair: null, rest: 0 };
  }
  if (!isMap(node)) return null;
  const pair = node.items.find(
    item => isPair(item) && isScalar(item.key) && String(item.key.value) === String(part),
  );
  return pair === undefined ? null : { node: pair.value as Node | null, pair, rest: 0 };
}
