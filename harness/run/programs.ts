import { readFile } from 'node:fs/promises';
import { architecture } from '../arch/architectures.ts';
import type { ByteOrder } from '../arch/byte-order.ts';
import { buildBpfObject, type ObjectTarget } from '../image/bpf-object.ts';
import type { ArchName } from '../model/kernel.ts';
import { buildOwnObject } from '../image/build.ts';
import type { BpfMap, BpfObject, BpfProgram } from '../object/object.ts';
import { parseObject } from '../object/read-object.ts';
import type { ScenarioObject } from '../scenario/scenario.ts';
import { BpfrigError } from '../util/errors.ts';
import { didYouMean, nearest } from '../util/nearest.ts';
import { once } from '../util/once.ts';

/** A compiled object that a scenario can use. */
export interface ProgramObject {
  /** The scenario's name of it: `fw` of `fw.bpf.c`, or the key in `objects`. */
  readonly name: string;
  /** One of the scenario's objects: its maps are the maps. Those of the stock object are places for the scenario's. */
  readonly own: boolean;
  readonly contents: BpfObject;
  /** Where the agent finds it: a path in every guest, or the object itself in base64. Arguments of the agent's `load`. */
  readonly load: { readonly object: string } | { readonly object_data: string };
}

/** A map and the object that declares it. */
export interface DeclaredMap {
  readonly object: ProgramObject;
  readonly map: BpfMap;
}

/** Everything that a scenario can name in compiled objects: its own and the stock one, if any. Own programs hide stock ones. */
export class ProgramIndex {
  readonly objects: readonly ProgramObject[];
  /** Of the guests that they were compiled for. */
  readonly byteOrder: ByteOrder;

  constructor(objects: readonly ProgramObject[], byteOrder: ByteOrder = 'little') {
    this.byteOrder = byteOrder;
    this.objects = objects.toSorted((a, b) => Number(b.own) - Number(a.own));
  }

  /** The scenario's objects. */
  get own(): readonly ProgramObject[] {
    return this.objects.filter(({ own }) => own);
  }

  /** One of the scenario's objects. Throws `scenario` with the nearest name. */
  object(name: string): ProgramObject {
    const found = this.own.find(one => one.name === name);
    if (found !== undefined) return found;
    const known = this.own.map(one => one.name);
    const has = known.length === 0 ? 'it has no `objects`' : `its objects are ${known.join(', ')}`;
    throw new BpfrigError(
      'scenario',
      `the scenario has no object \`${name}\`${didYouMean(name, known)} (${has})`,
    );
  }

  /**
   * A program and its object, by `NAME` where only one of the scenario's objects has it, or by `OBJECT.NAME`. Throws `scenario` with the
   * nearest name, or with what there is: own programs first.
   */
  find(name: string): { readonly object: ProgramObject; readonly program: BpfProgram } {
    const { object: of, rest } = splitName(name, this.own);
    const programs = (of === null ? this.objects : [of]).flatMap(object =>
      object.contents.programs.filter(one => one.name === rest).map(program => ({ object, program })),
    );
    const [first, ...others] = programs.filter(({ object }) => object.own === programs[0]?.object.own);
    if (first === undefined)
      throw new BpfrigError('scenario', `no program \`${name}\`${this.#hint(rest, of)}`);
    if (others.length > 0) throw ambiguous('program', name, [first, ...others]);
    return first;
  }

  /**
   * The map of this name that the scenario's objects declare; null when none does. Throws `scenario` when two declare it
   * differently: a scenario's map is the map of all its objects. With `OBJECT.NAME` it is that object's.
   */
  declared(name: string): DeclaredMap | null {
    const { object: of, rest } = splitName(name, this.own);
    const found = (of === null ? this.own : [of]).flatMap(object =>
      object.contents.maps.filter(map => map.name === rest).map(map => ({ object, map })),
    );
    const [first] = found;
    const other = found.find(({ map }) => shape(map) !== (first === undefined ? '' : shape(first.map)));
    if (first !== undefined && other !== undefined) {
      const both = `${first.object.contents.label} and ${other.object.contents.label}`;
      throw new BpfrigError(
        'scenario',
        `map \`${name}\` is declared differently in ${both}: write ${qualified(name, [first, other])}`,
      );
    }
    return first ?? null;
  }

  #hint(name: string, of: ProgramObject | null): string {
    const namesOf = (own: boolean): string[] =>
      this.objects
        .filter(object => object.own === own && (of === null || object === of))
        .flatMap(({ contents }) => contents.programs.map(program => program.name));
    const [own, stock] = [namesOf(true), namesOf(false)];
    const guess = nearest(name, own) === null ? didYouMean(name, stock) : didYouMean(name, own);
    const labels = (of === null ? this.own : [of]).map(({ contents }) => contents.label);
    const has = own.length === 0 ? '' : `; ${labels.join(', ')}: ${own.join(', ')}`;
    return of === null ? `${guess}${has}; stock programs: ${stock.join(', ') || 'none'}` : `${guess}${has}`;
  }
}

/** `fw.stats` as object `fw` and `stats`; without the name of an object in front, the object is null. */
export function splitName(
  name: string,
  objects: readonly ProgramObject[],
): { readonly object: ProgramObject | null; readonly rest: string } {
  // A name of an object may have dots itself: the longest one that fits.
  const [object] = objects
    .filter(one => name.startsWith(`${one.name}.`))
    .toSorted((a, b) => b.name.length - a.name.length);
  return object === undefined
    ? { object: null, rest: name }
    : { object, rest: name.slice(object.name.length + 1) };
}

function ambiguous(
  what: string,
  name: string,
  found: readonly { readonly object: ProgramObject }[],
): BpfrigError {
  const labels = found.map(({ object }) => object.contents.label).join(' and ');
  return new BpfrigError('scenario', `${what} \`${name}\` is in ${labels}: write ${qualified(name, found)}`);
}

function qualified(name: string, found: readonly { readonly object: ProgramObject }[]): string {
  return found.map(({ object }) => `\`${object.name}.${name}\``).join(' or ');
}

/** Maps of one shape can be one map. */
function shape({ typeNumber, keySize, valueSize, maxEntries, flags }: BpfMap): string {
  return [typeNumber, keySize, valueSize, maxEntries, flags].join();
}

/**
 * Every program that a scenario can name: its own objects', compiled here, and the stock ones.
 * Throws `scenario` when a source does not compile, or when libbpf cannot load an object.
 */
export async function indexPrograms(
  { objects }: { readonly objects: readonly ScenarioObject[] },
  target: ObjectTarget,
): Promise<ProgramIndex> {
  const own = await Promise.all(objects.map(object => ownObject(object, target)));
  const stock = await once(stockObjects, `${target.arch} ${target.cacheDir}`, () => stockObject(target));
  return new ProgramIndex([...own, stock], architecture(target.arch).byteOrder);
}

const stockObjects = new Map<string, Promise<ProgramObject>>();

async function stockObject(target: ObjectTarget): Promise<ProgramObject> {
  const path = await buildOwnObject('stock.bpf.c', target);
  const contents = parseObject(await readFile(path), 'stock.bpf.c');
  return { name: 'stock', own: false, contents, load: { object: '/bpf/stock.bpf.o' } };
}

async function ownObject(object: ScenarioObject, target: ObjectTarget): Promise<ProgramObject> {
  const { path } = await buildBpfObject(object, target);
  const bytes = await readFile(path);
  const contents = parseObject(bytes, object.label);
  const problem = legacyProblem(contents) ?? byteOrderProblem(contents, target.arch);
  if (problem !== null) throw new BpfrigError('scenario', `${object.label}: ${problem}`);
  return { name: object.name, own: true, contents, load: { object_data: bytes.toString('base64') } };
}

/** Why an object is for no kernel of this architecture, and what to do; null for one that is. */
export function byteOrderProblem({ littleEndian }: BpfObject, arch: ArchName): string | null {
  const { byteOrder, toolchain, text } = architecture(arch);
  if (littleEndian === (byteOrder === 'little')) return null;
  const its = littleEndian ? 'little' : 'big';
  return `it is compiled for a ${its}-endian target, and guests of ${text} are ${byteOrder}-endian: compile it with -target ${toolchain.bpf.target}`;
}

/** Why libbpf cannot open an object that it took before 1.0, and what to do; null for another. */
export function legacyProblem({ maps }: BpfObject): string | null {
  const legacy = maps.find(map => map.legacy);
  if (legacy === undefined) return null;
  const what = `map \`${legacy.name}\` is declared in section \`maps\` as a struct bpf_map_def`;
  return `${what}; libbpf has not loaded such objects since 1.0: declare it in \`.maps\`, with BTF`;
}
