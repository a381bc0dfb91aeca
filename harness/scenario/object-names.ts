import { didYouMean } from '../util/nearest.ts';
import type { Expression } from './cel.ts';
import type { ScenarioObject } from './scenario.ts';

/** The words under which expectations name what objects hold, with the form of a name. */
const FORMS = {
  maps: 'maps.OBJECT.MAP',
  globals: 'globals.OBJECT.VARIABLE',
  events: 'events.OBJECT.MAP',
  programs: 'programs.OBJECT.PROGRAM',
} as const;

/** The first part of a name of something that an object holds. */
export type ObjectRoot = keyof typeof FORMS;

/** The name of something that an object holds, as an expression names it: `maps.fw.stats[1].packets`. */
export interface ObjectName {
  readonly root: ObjectRoot;
  readonly object: string;
  /** Of the map, variable or program. */
  readonly name: string;
  /** What follows, cut at dots and indexes, `*` for an index that is computed. */
  readonly rest: readonly string[];
}

/** The names of this kind in some expressions, each once. */
export function objectNames(expressions: readonly Expression[]): ObjectName[] {
  const paths = expressions.flatMap(({ names }) => names.map(({ path }) => path));
  const found = paths.flatMap(([root = '', object, name, ...rest]): ObjectName[] =>
    isRoot(root) && object !== undefined && name !== undefined ? [{ root, object, name, rest }] : [],
  );
  return [...new Map(found.map(one => [JSON.stringify(one), one])).values()];
}

function isRoot(name: string): name is ObjectRoot {
  return Object.hasOwn(FORMS, name);
}

/** The object that bpfrig brings itself: only its programs can be named. */
const STOCK = 'stock';

/**
 * What is wrong with a name of an expression as far as the file alone says it: no object, or an object that the scenario does not have.
 * Null for other names. What the object holds is compared when it is compiled.
 */
export function objectProblem(path: readonly string[], objects: readonly ScenarioObject[]): string | null {
  const [root = '', object, name] = path;
  if (!isRoot(root)) return null;
  const form = FORMS[root];
  if (object === undefined || object === '*' || name === undefined || name === '*')
    return `\`${path.join('.')}\` does not say which one: write ${form}`;
  const known = objects.map(one => one.name);
  if (known.includes(object) || (root === 'programs' && object === STOCK)) return null;
  const has = known.length === 0 ? 'it has no `objects`' : `its objects are ${known.join(', ')}`;
  return `\`${root}.${object}\`: the scenario has no object \`${object}\`${didYouMean(object, known)} (${has})`;
}
