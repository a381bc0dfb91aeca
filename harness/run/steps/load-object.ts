import { globalBytes } from '../../object/global-bytes.ts';
import { mapTypeName } from '../../object/map-types.ts';
import type { BpfObject, BpfProgram } from '../../object/object.ts';
import { impliedType } from '../../object/program-context.ts';
import type { OpAnswer } from '../../guest/protocol.ts';
import { BpfrigError } from '../../util/errors.ts';
import { mustHave } from '../check-steps.ts';
import type { ProgramObject } from '../programs.ts';
import type { CreatedMap, LoadedProgram, StepContext, StepValues } from './context.ts';
import { globalMap, mapsOfGlobals, rememberGlobals } from './global-maps.ts';
import { keepMap, mapOf, mapOfObject, ownName, type UnkeptMap } from './find-map.ts';
import { isExtension, targetOf } from './replaced-function.ts';

/** How an object is to be loaded. */
export interface ObjectRequest {
  readonly object: string;
  /** First values of its global variables. */
  readonly globals?: Readonly<Record<string, unknown>> | undefined;
  /** Maps of the scenario instead of the object's, by their names in the object. */
  readonly maps?: Readonly<Record<string, string>> | undefined;
  /** Other numbers of entries, by map. */
  readonly sizes?: Readonly<Record<string, number>> | undefined;
  /** Only these programs. */
  readonly programs?: readonly string[] | undefined;
}

/**
 * Loads a whole object, as its own loader would: all programs that are autoloaded, and every map as it is declared. From then on the names
 * of its programs and maps mean what was loaded. Throws `scenario` for names that the object does not have.
 */
export async function loadObject(ctx: StepContext, request: ObjectRequest): Promise<StepValues> {
  const object = ctx.index.object(request.object);
  if (ctx.objects.has(object))
    throw new BpfrigError('scenario', `object \`${object.name}\` is loaded already`);
  const { contents } = object;
  const programs = chosenPrograms(object, request.programs);
  const globals = globalBytes(contents, request.globals ?? {}, 'globals');
  const bound = await boundMaps(ctx, object, request);
  const variables = mapsOfGlobals(ctx, object, globals);
  const other = Object.entries(variables.wanted).find(
    ([section, map]) => map !== `${object.name}.${section}`,
  );
  if (other !== undefined)
    throw new BpfrigError(
      'scenario',
      `a program of \`${object.name}\` was loaded alone before, with other values of its variables: load the object in an earlier step`,
    );
  const answer = await ctx.guest.call('object_load', {
    ...object.load,
    name: object.name,
    globals,
    maps: {
      ...Object.fromEntries([...bound].map(([name, { handle }]) => [name, handle])),
      ...variables.known,
    },
    sizes: request.sizes,
    programs: programs.map(({ name }) => name),
    types: impliedTypes(contents, programs),
    targets: Object.assign({}, ...programs.map(one => targetOf(ctx, object, one).targets ?? {})) as Record<
      string,
      { program: string; function: string }
    >,
  });
  const maps = answer.maps.map(map => keepMap(ctx, loadedMap(ctx, object, map)));
  const handles = {
    ...variables.known,
    ...Object.fromEntries(
      answer.maps.flatMap(one => (one.internal ? [[one.name, one.handle] as const] : [])),
    ),
  };
  rememberGlobals(ctx, object, globals, handles);
  const loaded = answer.programs.map(({ name, handle, id }): LoadedProgram => {
    const used = contents.programs.find(one => one.name === name)?.maps ?? [];
    const names = used.flatMap(map => mapOfObject(ctx, object, map)?.name ?? []);
    return { handle, name, id, object, maps: names, globals: handles, role: null, mode: null };
  });
  for (const program of loaded) ctx.programs.set(program.handle, program);
  ctx.objects.set(object, { programs: new Map(loaded.map(one => [one.name, one])) });
  return {
    programs: Object.fromEntries(loaded.map(({ name, id }) => [name, id])),
    maps: Object.fromEntries(maps.map(({ declared, name, id }) => [declared?.map.name ?? name, id])),
  };
}

/**
 * Without a list, what libbpf loads by itself. A program that replaces a function needs that to be loaded before, so it is left to a step
 * of its own.
 */
function chosenPrograms({ contents }: ProgramObject, names: readonly string[] | undefined): BpfProgram[] {
  if (names === undefined) return contents.programs.filter(one => one.autoload && !isExtension(one));
  const known = contents.programs.map(({ name }) => name);
  for (const name of names) mustHave('programs', 'program', name, known, contents.label);
  return contents.programs.filter(({ name }) => names.includes(name));
}

/** Types that no section says, by program; undefined where there are none. */
function impliedTypes(
  contents: BpfObject,
  programs: readonly BpfProgram[],
): Record<string, string> | undefined {
  const types = programs.flatMap(one => {
    const type = impliedType(contents, one);
    return type === null ? [] : [[one.name, type] as const];
  });
  return types.length === 0 ? undefined : Object.fromEntries(types);
}

/** Maps that exist already: those that the step names, and those that earlier steps made as the object's. */
async function boundMaps(
  ctx: StepContext,
  object: ProgramObject,
  { maps = {}, sizes = {} }: ObjectRequest,
): Promise<Map<string, CreatedMap>> {
  const declared = object.contents.maps.map(({ name }) => name);
  for (const [key, names] of Object.entries({ maps, sizes }))
    for (const name of Object.keys(names)) mustHave(key, 'map', name, declared, object.contents.label);
  const bound = new Map<string, CreatedMap>();
  for (const name of declared) {
    const named = maps[name];
    const there = named === undefined ? mapOfObject(ctx, object, name) : await mapOf(ctx, named);
    if (there === null) continue;
    if (sizes[name] !== undefined)
      throw new BpfrigError(
        'scenario',
        `sizes: map \`${name}\` exists already, as \`${there.name}\`: the step that creates it decides its size`,
      );
    bound.set(name, there);
  }
  return bound;
}

function loadedMap(
  ctx: StepContext,
  object: ProgramObject,
  { name, handle, id, type, key_size, value_size, internal }: OpAnswer<'object_load'>['maps'][number],
): UnkeptMap {
  if (internal) return globalMap(object, name, { id, handle, valueSize: value_size });
  const map = object.contents.maps.find(one => one.name === name);
  return {
    id,
    name: ownName(ctx, object, name),
    handle,
    type: map?.type ?? mapTypeName(type),
    keySize: key_size,
    valueSize: value_size,
    declared: map === undefined ? null : { object, map },
    owner: object,
  };
}
