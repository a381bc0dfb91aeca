import { readFile } from 'node:fs/promises';
import { buildBpfObject } from '../image/bpf-object.ts';
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

  /** Throws `scenario` when two of the scenario's objects have a program of the same name. */
  constructor(objects: readonly ProgramObject[]) {
    this.objects = objects.toSorted((a, b) => Number(b.own) - Number(a.own));
    const owners = new Map<string, ProgramObject>();
    for (const object of this.objects.filter(({ own }) => own)) {
      for (const { name } of object.contents.programs) {
        const other = owners.get(name);
        if (other !== undefined) {
          const both = `${other.contents.label} and ${object.contents.label}`;
          throw new BpfrigError('scenario', `program \`${name}\` is in ${both}: rename one of the two`);
        }
        owners.set(name, object);
      }
    }
  }

  /** A program and its object. Throws `scenario` with the nearest name, or with what there is: own programs first. */
  find(name: string): { readonly object: ProgramObject; readonly program: BpfProgram } {
    for (const object of this.objects) {
      const program = object.contents.programs.find(one => one.name === name);
      if (program !== undefined) return { object, program };
    }
    throw new BpfrigError('scenario', `no program \`${name}\`${this.#hint(name)}`);
  }

  /**
   * The map of this name that the scenario's objects declare; null when none does. Throws `scenario` when two declare it
   * differently: a scenario's map is the map of all its objects.
   */
  declared(name: string): DeclaredMap | null {
    const found = this.objects
      .filter(({ own }) => own)
      .flatMap(object => object.contents.maps.filter(map => map.name === name).map(map => ({ object, map })));
    const [first] = found;
    const other = found.find(({ map }) => shape(map) !== (first === undefined ? '' : shape(first.map)));
    if (first !== undefined && other !== undefined) {
      const both = `${first.object.contents.label} and ${other.object.contents.label}`;
      throw new BpfrigError(
        'scenario',
        `map \`${name}\` is declared differently in ${both}: rename one of the two`,
      );
    }
    return first ?? null;
  }

  #hint(name: string): string {
    const namesOf = (own: boolean): string[] =>
      this.objects
        .filter(object => object.own === own)
        .flatMap(({ contents }) => contents.programs.map(program => program.name));
    const [own, stock] = [namesOf(true), namesOf(false)];
    const guess = nearest(name, own) === null ? didYouMean(name, stock) : didYouMean(name, own);
    const labels = this.objects.filter(object => object.own).map(({ contents }) => contents.label);
    const has = own.length === 0 ? '' : `; ${labels.join(', ')}: ${own.join(', ')}`;
    return `${guess}${has}; stock programs: ${stock.join(', ') || 'none'}`;
  }
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
  cacheDir: string,
): Promise<ProgramIndex> {
  const own = await Promise.all(objects.map(object => ownObject(object, cacheDir)));
  return new ProgramIndex([...own, await once(stockObjects, cacheDir, () => stockObject(cacheDir))]);
}

const stockObjects = new Map<string, Promise<ProgramObject>>();

async function stockObject(cacheDir: string): Promise<ProgramObject> {
  const path = await buildOwnObject('stock.bpf.c', cacheDir);
  const contents = parseObject(await readFile(path), 'stock.bpf.c');
  return { name: 'stock', own: false, contents, load: { object: '/bpf/stock.bpf.o' } };
}

async function ownObject(object: ScenarioObject, cacheDir: string): Promise<ProgramObject> {
  const { path } = await buildBpfObject(object, cacheDir);
  const bytes = await readFile(path);
  const contents = parseObject(bytes, object.label);
  const legacy = legacyProblem(contents);
  if (legacy !== null) throw new BpfrigError('scenario', `${object.label}: ${legacy}`);
  return { name: object.name, own: true, contents, load: { object_data: bytes.toString('base64') } };
}

/** Why libbpf cannot open an object that it took before 1.0, and what to do; null for another. */
export function legacyProblem({ maps }: BpfObject): string | null {
  const legacy = maps.find(map => map.legacy);
  if (legacy === undefined) return null;
  const what = `map \`${legacy.name}\` is declared in section \`maps\` as a struct bpf_map_def`;
  return `${what}; libbpf has not loaded such objects since 1.0: declare it in \`.maps\`, with BTF`;
}
