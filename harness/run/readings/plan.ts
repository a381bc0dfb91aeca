import { byteOrderOf } from '../../arch/byte-order.ts';
import { keyBytes } from '../../object/map-values.ts';
import type { BpfGlobal, BpfMap, BpfProgram } from '../../object/object.ts';
import { objectNames, type ObjectName, type ObjectRoot } from '../../scenario/object-names.ts';
import type { ResolvedVariant } from '../../scenario/scenario.ts';
import { BpfrigError, messageOf } from '../../util/errors.ts';
import type { ProgramIndex, ProgramObject } from '../programs.ts';
import { checkName, named } from './check-name.ts';
import { recordTypes, type RecordTypes } from './record-types.ts';

/** A map of which entries are read. */
export interface MapPlan {
  readonly object: ProgramObject;
  readonly map: BpfMap;
  /** Keys as the expectations write them, with their bytes. */
  readonly keys: readonly { readonly text: string; readonly bytes: Buffer }[];
  /** All entries are read. */
  readonly whole: boolean;
}

/** A global variable that is read. */
export interface GlobalPlan {
  readonly object: ProgramObject;
  readonly global: BpfGlobal;
}

/** A ring buffer or a perf event array whose records are read. */
export interface StreamPlan {
  readonly object: ProgramObject;
  readonly map: BpfMap;
  readonly types: RecordTypes;
}

/** A program about which the kernel is asked. */
export interface ProgramPlan {
  readonly object: ProgramObject;
  readonly program: BpfProgram;
}

/** What is read of a scenario's objects: what its expectations name, and nothing else. */
export interface ReadingPlan {
  readonly maps: readonly MapPlan[];
  readonly globals: readonly GlobalPlan[];
  readonly streams: readonly StreamPlan[];
  readonly programs: readonly ProgramPlan[];
  /** The kernel is to count and time the runs of programs, which costs each run a little. */
  readonly stats: boolean;
}

/**
 * Finds what the expectations of a variant name in its compiled objects. Throws `scenario`, with the line of the expectation and the
 * nearest name, for what an object does not have.
 */
export function planReadings(variant: ResolvedVariant, index: ProgramIndex): ReadingPlan {
  const groups = groupNames(variant, index);
  const of = (root: ObjectRoot) => groups.filter(group => group.root === root);
  return {
    maps: of('maps').map(mapPlan),
    globals: of('globals').map(({ object, name }) => ({
      object,
      global: named(object.contents.globals, name),
    })),
    streams: of('events').map(({ object, name }) => {
      const map = named(object.contents.maps, name);
      return { object, map, types: recordTypes(object, map, variant.records) };
    }),
    programs: of('programs').map(({ object, name }) => ({
      object,
      program: named(object.contents.programs, name),
    })),
    stats: of('programs').some(({ uses }) => uses.some(({ rest: [field] }) => RUNS.has(field ?? ''))),
  };
}

/** Fields of a program that the kernel keeps only while `bpf_stats_enabled` is 1. */
const RUNS: ReadonlySet<string> = new Set(['run_count', 'run_time_ns', '*']);

/** All that the expectations say of one map, variable or program. */
interface Group {
  readonly root: ObjectRoot;
  readonly object: ProgramObject;
  readonly name: string;
  readonly uses: ObjectName[];
}

function groupNames({ expect, known }: ResolvedVariant, index: ProgramIndex): Group[] {
  const groups = new Map<string, Group>();
  const places = [
    ...expect.map(({ expression, place }) => ({ line: place.line, expressions: [expression] })),
    ...known.map(entry => ({ line: entry.place.line, expressions: entry.expect })),
  ];
  for (const { line, expressions } of places) {
    for (const use of objectNames(expressions)) {
      const { root, object: objectName, name } = use;
      const object = index.objects.find(one => one.name === objectName);
      if (object === undefined) throw problemAt(line, use, 'there is no such object');
      const problem = checkName(object, use);
      if (problem !== null) throw problemAt(line, use, problem);
      const key = `${root}.${objectName}.${name}`;
      const group = groups.get(key) ?? { root, object, name, uses: [] };
      group.uses.push(use);
      groups.set(key, group);
    }
  }
  return [...groups.values()];
}

function problemAt(line: number, { root, object, name, rest }: ObjectName, problem: string): BpfrigError {
  const text = [root, object, name, ...rest].join('.');
  return new BpfrigError('scenario', `expectation in line ${line}, \`${text}\`: ${problem}`);
}

function mapPlan({ object, name, uses }: Group): MapPlan {
  const map = named(object.contents.maps, name);
  const texts = new Set(uses.flatMap(({ rest: [key] }) => (isKey(key) ? [key] : [])));
  const keys = [...texts].map(text => ({ text, bytes: bytesOfKey(object, map, text) }));
  for (const { text, bytes } of keys) {
    const other = keys.find(one => one.text !== text && one.bytes.equals(bytes));
    if (other !== undefined)
      throw new BpfrigError(
        'scenario',
        `\`maps.${object.name}.${name}\`: keys \`${text}\` and \`${other.text}\` are the same entry: use one of them`,
      );
  }
  return { object, map, keys, whole: uses.some(({ rest: [key] }) => !isKey(key)) };
}

/** Whether the first word after a map's name is the key of one entry. */
function isKey(word: string | undefined): word is string {
  return word !== undefined && word !== '*' && word !== 'size';
}

/** The bytes of a key as an expression writes it. Throws `scenario` for one that the map cannot have. */
export function bytesOfKey({ name, contents }: ProgramObject, map: BpfMap, text: string): Buffer {
  const { type, keySize, valueSize } = map;
  const shape = { type, keySize, valueSize, declared: { contents, map }, byteOrder: byteOrderOf(contents) };
  const number = Number(text);
  // `[10]` and `["10"]` are the number 10, and not a byte in hex.
  const key = /^-?\d+$/.test(text) && Number.isSafeInteger(number) ? number : text;
  try {
    return keyBytes(shape, key, `maps.${name}.${map.name}[${JSON.stringify(key)}]`);
  } catch (error) {
    throw new BpfrigError('scenario', messageOf(error), { cause: error });
  }
}
