import { byteOrderOf } from '../arch/byte-order.ts';
import { globalBytes, globalSections } from '../object/global-bytes.ts';
import { keyBytes, valueBytes, type MapShape } from '../object/map-values.ts';
import type { StepArgs } from '../scenario/step-schema.ts';
import { linePrefix } from '../scenario/places.ts';
import type { PlainStep, ResolvedVariant, Step } from '../scenario/scenario.ts';
import { BpfrigError } from '../util/errors.ts';
import { didYouMean } from '../util/nearest.ts';
import { splitName, type ProgramIndex } from './programs.ts';

/**
 * Compares the steps of a variant with the objects that it has, once those are compiled and before a guest boots: names of programs, maps
 * and global variables, and whether values fit into their types. Throws `scenario` for the first mistake, with its line. What depends
 * on the order of steps, or on the guest, is left to the steps themselves. `before`: steps that were checked and done; what they made is known.
 */
export function checkSteps(
  variant: Pick<ResolvedVariant, 'setup' | 'traffic' | 'after' | 'guest'>,
  index: ProgramIndex,
  before: readonly Step[] = [],
): void {
  const steps = [...variant.setup, ...variant.traffic, ...variant.after].flatMap(plain);
  const all = [...before.flatMap(plain), ...steps];
  const known: Known = {
    index,
    cpus: variant.guest.cpus,
    made: new Map(all.flatMap(made)),
    aliases: new Set(all.flatMap(aliases)),
    sockets: new Set(all.flatMap(step => (step.kind === 'xsk' ? [step.args.name] : []))),
  };
  for (const step of steps) {
    try {
      checkStep(step, known);
    } catch (error) {
      if (!(error instanceof BpfrigError)) throw error;
      throw new BpfrigError(error.code, `${linePrefix(step.place)}${step.kind}: ${error.message}`, {
        detail: error.detail,
        cause: error,
      });
    }
  }
}

/** What the names of a scenario can mean. */
interface Known {
  readonly index: ProgramIndex;
  readonly cpus: number;
  /** Maps that steps create, and whether they state sizes of their own. */
  readonly made: ReadonlyMap<string, boolean>;
  /** Names that steps gave to programs. */
  readonly aliases: ReadonlySet<string>;
  /** AF_XDP sockets that steps open. */
  readonly sockets: ReadonlySet<string>;
}

function plain(step: Step): readonly PlainStep[] {
  return step.kind === 'repeat' ? step.args.steps : [step];
}

function made(step: PlainStep): [string, boolean][] {
  if (step.kind === 'map')
    return [[step.args.name, step.args.key_size !== undefined || step.args.value_size !== undefined]];
  return step.kind === 'cpumap' ? [[step.args.name, step.args.value_size !== undefined]] : [];
}

function aliases(step: PlainStep): string[] {
  return step.kind === 'load' && 'name' in step.args && step.args.name !== undefined ? [step.args.name] : [];
}

function checkStep(step: PlainStep, known: Known): void {
  if (step.kind === 'load' && 'object' in step.args) checkObject(step.args, known);
  else checkNames(step.args as Named, known);
  if (step.kind === 'fill')
    for (const [n, entry] of step.args.entries.entries()) {
      checkNames(entry, known);
      checkEntry(step.args.map, entry, `entries[${n}].`, known);
    }
  if (step.kind === 'cpumap') for (const entry of Object.values(step.args.entries)) checkNames(entry, known);
  if (step.kind === 'update') checkEntry(step.args.map, step.args, '', known);
  if (step.kind === 'xsk' && step.args.map !== undefined)
    checkEntry(step.args.map, { key: step.args.key }, '', known);
  for (const name of socketsOf(step)) checkSocket(name, known);
  if (step.kind === 'lookup' || step.kind === 'delete' || step.kind === 'lookup_and_delete')
    checkEntry(step.args.map, { key: step.args.key }, '', known);
}

/** AF_XDP sockets that a step names. */
function socketsOf(step: PlainStep): string[] {
  if (step.kind === 'xsk') return step.args.shared === undefined ? [] : [step.args.shared];
  if (step.kind === 'update') {
    const { socket } = step.args;
    return typeof socket === 'object' && 'xsk' in socket ? [socket.xsk] : [];
  }
  return step.kind === 'xsk_fill' ||
    step.kind === 'xsk_receive' ||
    step.kind === 'xsk_send' ||
    step.kind === 'xsk_close'
    ? [step.args.socket]
    : [];
}

function checkSocket(name: string, { sockets }: Known): void {
  if (sockets.has(name)) return;
  throw new BpfrigError(
    'scenario',
    `no AF_XDP socket \`${name}\`${didYouMean(name, [...sockets])}: no step \`xsk\` opens it (known are ${[...sockets].join(', ') || 'none'})`,
  );
}

/** The arguments that name something, in whatever step they are. */
interface Named {
  readonly program?: unknown;
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  readonly maps?: Readonly<Record<string, string>> | undefined;
  readonly map?: unknown;
  readonly value_map?: unknown;
  readonly prog_map?: unknown;
}

function checkNames({ program, config, maps = {}, map, value_map, prog_map }: Named, known: Known): void {
  if (typeof program === 'string' && !known.aliases.has(program)) {
    const { object } = known.index.find(program);
    if (config !== undefined) globalBytes(object.contents, config, 'config');
  }
  for (const name of [map, value_map, prog_map, ...Object.values(maps)])
    if (typeof name === 'string') checkMap(name, known);
}

function checkMap(name: string, { index, made }: Known): void {
  if (made.has(name) || index.declared(name) !== null) return;
  const { object, rest } = splitName(name, index.own);
  if (object !== null && (globalSections(object.contents).includes(rest) || rest === '.kconfig')) return;
  const names = (object === null ? index.own : [object]).flatMap(({ contents }) =>
    contents.maps.map(one => one.name),
  );
  const all = object === null ? [...made.keys(), ...names] : names;
  const what = object === null ? 'no step creates it, and no object of the scenario' : object.contents.label;
  const has = object === null ? 'declares it' : 'does not declare it';
  throw new BpfrigError(
    'scenario',
    `no map \`${name}\`${didYouMean(rest, all)}: ${what} ${has} (known are ${all.join(', ') || 'none'})`,
  );
}

function checkObject(args: Extract<StepArgs<'load'>, { readonly object: string }>, known: Known): void {
  const object = known.index.object(args.object);
  globalBytes(object.contents, args.globals ?? {}, 'globals');
  const maps = object.contents.maps.map(({ name }) => name);
  for (const key of ['maps', 'sizes'] as const)
    for (const name of Object.keys(args[key] ?? {})) mustHave(key, 'map', name, maps, object.contents.label);
  for (const name of Object.values(args.maps ?? {})) checkMap(String(name), known);
  const programs = object.contents.programs.map(({ name }) => name);
  for (const name of args.programs ?? [])
    mustHave('programs', 'program', name, programs, object.contents.label);
}

/** Throws `scenario` when an object has no map or program of this name. */
export function mustHave(
  key: string,
  what: string,
  name: string,
  known: readonly string[],
  label: string,
): void {
  if (known.includes(name)) return;
  throw new BpfrigError(
    'scenario',
    `${key}: ${label} has no ${what} \`${name}\`${didYouMean(name, known)} (has ${known.join(', ') || 'none'})`,
  );
}

/** Whether key and value of an entry fit into the types that an object declares. */
function checkEntry(
  map: string,
  { key, value }: { readonly key: unknown; readonly value?: unknown },
  where: string,
  { index, made, cpus }: Known,
): void {
  const declared = index.declared(map);
  if (declared === null || made.get(map) === true) return;
  const { type, keySize, valueSize } = declared.map;
  const contents = declared.object.contents;
  const shape: MapShape = {
    type,
    keySize,
    valueSize,
    declared: { contents, map: declared.map },
    byteOrder: byteOrderOf(contents),
  };
  keyBytes(shape, key, `${where}key`);
  // How many values a list must have depends on the guest's possible CPUs.
  if (value !== undefined)
    valueBytes(shape, value, `${where}value`, Array.isArray(value) ? value.length : cpus);
}
