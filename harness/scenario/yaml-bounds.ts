import { isAlias, isMap, isNode, isPair, isScalar, isSeq } from 'yaml';
import type { Document, Node } from 'yaml';
import { BOUNDS, grouped } from './bounds.ts';

/** Something in a document that must not be turned into values, and where it begins, in characters. */
export interface UnboundedNode {
  readonly offset: number;
  readonly text: string;
}

/** Values below a node, and how deep they go, with aliases filled in. */
interface Extent {
  readonly values: number;
  readonly depth: number;
}

/** Thrown at the first node that breaks a bound. */
class Unbounded extends Error {
  readonly node: Node | null;

  constructor(node: Node | null, text: string) {
    super(text);
    this.node = node;
  }
}

/**
 * The first node of a YAML document whose values would be too many or too deep (an alias can stand for a mapping of aliases, and so on), that
 * contains itself, or has a key that no mapping may have; null for a sound document.
 */
export function unboundedNode(document: Document): UnboundedNode | null {
  const extents = new Map<Node, Extent>();
  const open = new Set<Node>();
  /** By name: an alias stands for the last one before it. */
  const anchors = new Map<string, Node>();

  const extent = (node: unknown, level: number): Extent => {
    if (isNode(node) && !isAlias(node) && node.anchor !== undefined) anchors.set(node.anchor, node);
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target === undefined)
        throw new Unbounded(node, `alias \`*${node.source}\` has no anchor before it`);
      return bounded(node, extent(target, level));
    }
    if (!isMap(node) && !isSeq(node)) return { values: 1, depth: 0 };
    const known = extents.get(node);
    if (known !== undefined) return known;
    if (open.has(node)) throw new Unbounded(node, 'this value contains itself, by an alias');
    if (level > BOUNDS.depth) throw new Unbounded(node, tooDeep());
    open.add(node);
    let values = 1;
    let depth = 0;
    for (const item of node.items as unknown[]) {
      if (isPair(item)) checkKey(item.key);
      const below = extent(isPair(item) ? item.value : item, level + 1);
      values += below.values;
      depth = Math.max(depth, below.depth + 1);
      if (values > BOUNDS.values) throw new Unbounded(node, tooMany());
    }
    open.delete(node);
    const whole = bounded(node, { values, depth });
    extents.set(node, whole);
    return whole;
  };

  try {
    extent(document.contents, 1);
    return null;
  } catch (error) {
    if (!(error instanceof Unbounded)) throw error;
    return { offset: error.node?.range?.[0] ?? 0, text: error.message };
  }
}

/** As {@link unboundedNode}, for what a module exports: what is wrong with it, or null. */
export function unboundedData(data: unknown): string | null {
  let values = 0;
  const visit = (value: unknown, level: number): string | null => {
    values += 1;
    if (values > BOUNDS.values) return tooMany();
    if (value === null || typeof value !== 'object') return null;
    // A value that contains itself has no end of levels.
    if (level > BOUNDS.depth) return tooDeep();
    for (const inner of Object.values(value)) {
      const wrong = visit(inner, level + 1);
      if (wrong !== null) return wrong;
    }
    return null;
  };
  return visit(data, 1);
}

function bounded(node: Node, extent: Extent): Extent {
  if (extent.values > BOUNDS.values) throw new Unbounded(node, tooMany());
  if (extent.depth > BOUNDS.depth) throw new Unbounded(node, tooDeep());
  return extent;
}

function checkKey(key: unknown): void {
  if (!isScalar(key)) throw new Unbounded(isNode(key) ? key : null, 'a key must be one word');
  // The prototype of every object in JavaScript: a mapping with it is not what it seems.
  if (key.value === '__proto__') throw new Unbounded(key, '`__proto__` cannot be a key');
}

function tooMany(): string {
  return `more than ${grouped(BOUNDS.values)} values, aliases filled in: divide the file`;
}

function tooDeep(): string {
  return `more than ${BOUNDS.depth} mappings and lists within each other`;
}
