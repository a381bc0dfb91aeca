import { AgentError } from '../../guest/agent-error.ts';
import type { OpArgs } from '../../guest/protocol.ts';
import type { ProgramReading, XdpMode } from '../../model/observations.ts';
import type { BpfProgram } from '../../object/object.ts';
import { globalBytes } from '../../object/global-bytes.ts';
import { impliedType } from '../../object/program-context.ts';
import { BpfrigError } from '../../util/errors.ts';
import { hashKey } from '../../util/hash.ts';
import type { ProgramObject } from '../programs.ts';
import type { LoadedProgram, StepContext } from './context.ts';
import { attachOptions } from './attach-options.ts';
import { keepGlobals, mapsOfGlobals } from './global-maps.ts';
import { handlesOf, keepCreated, mapsOfProgram } from './object-maps.ts';

/** How a program is to be loaded. */
export interface ProgramRequest {
  readonly program: string;
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  /** The object's maps by the scenario's; maps of the same name are the same. */
  readonly maps?: Readonly<Record<string, string>> | undefined;
  readonly type?: string | undefined;
  readonly expected_attach?: string | undefined;
  readonly frags?: boolean | undefined;
  readonly dev_bound?: string | undefined;
  /** Of an EXT program: PROGRAM.FUNCTION. */
  readonly replaces?: string | undefined;
}

/**
 * Loads a program, or returns the one that was already loaded: with its whole object, or alone in just this way. Throws `scenario` for a
 * name that no object has, and `AgentError` for what the kernel or libbpf refuses.
 */
export async function loadProgram(ctx: StepContext, request: ProgramRequest): Promise<LoadedProgram> {
  const alias = ctx.aliases.get(request.program);
  if (alias !== undefined) return alias;
  const { object, program } = ctx.index.find(request.program);
  const whole = ctx.objects.get(object)?.programs.get(program.name);
  if (whole === undefined) return await loadAlone(ctx, object, program, request);
  const { program: _, ...options } = request;
  const [stated] = Object.entries(options).filter(([, value]) => value !== undefined);
  if (stated === undefined) return whole;
  throw new BpfrigError(
    'scenario',
    `program \`${request.program}\` was loaded with its object \`${object.name}\`: \`${stated[0]}\` comes too late; \`globals\` and \`maps\` belong to the step that loads the object`,
  );
}

async function loadAlone(
  ctx: StepContext,
  object: ProgramObject,
  program: BpfProgram,
  request: ProgramRequest,
): Promise<LoadedProgram> {
  const { config, type, expected_attach, frags, dev_bound, replaces } = request;
  const { bound, created, also } = await mapsOfProgram(ctx, object, program, request.maps ?? {});
  const names = Object.fromEntries([...bound].map(([name, map]) => [name, map.name]));
  const handle = `${program.name}-${hashKey([object.name, config, names, type, expected_attach, frags, dev_bound, replaces])}`;
  const loaded = ctx.programs.get(handle);
  if (loaded !== undefined) return loaded;
  const globals = globalBytes(object.contents, config ?? {}, 'config');
  const variables = mapsOfGlobals(ctx, object, globals);
  const keep = object.own ? handlesOf(object, created) : {};
  const handles = Object.fromEntries([...bound].map(([name, map]) => [name, map.handle]));
  const load: OpArgs<'load'> = {
    ...object.load,
    program: program.name,
    name: handle,
    maps: { ...handles, ...variables.known },
    create: created,
    ...ifAny('also', also),
    ...ifAny('globals', globals),
    ...ifAny('keep', { ...keep, ...variables.wanted }),
    ...attachOptions(ctx, object, program, request),
    type: type ?? impliedType(object.contents, program) ?? undefined,
    expected_attach,
    frags,
    dev_bound,
  };
  const { id } = await ctx.guest.call('load', load);
  const kept = await keepCreated(ctx, object, keep);
  const made: LoadedProgram = {
    handle,
    name: program.name,
    id,
    object,
    maps: [...bound.values(), ...kept].map(({ name }) => name),
    globals: await keepGlobals(ctx, object, globals, variables),
    role: null,
    mode: null,
  };
  ctx.programs.set(handle, made);
  return made;
}

/** An argument of the agent's that is left out when it says nothing. */
function ifAny<K extends string, V extends object>(key: K, value: V): { readonly [key in K]?: V } {
  return Object.keys(value).length === 0 ? {} : ({ [key]: value } as { readonly [key in K]: V });
}

/** Counts what a program returns from now on. */
export async function watch(
  ctx: StepContext,
  program: LoadedProgram,
  role: ProgramReading['role'],
  mode: XdpMode | null,
): Promise<void> {
  const first = program.role === null;
  program.role = role;
  program.mode = mode;
  if (first) await countActions(ctx, program);
}

/** That bpfrig cannot count is no refusal of the step's by the kernel. */
async function countActions({ guest }: StepContext, { name, handle }: LoadedProgram): Promise<void> {
  try {
    await guest.call('actions_start', { program: handle });
  } catch (error) {
    if (!(error instanceof AgentError) || error.failure.kind !== 'kernel') throw error;
    const text = `bpfrig cannot count what program \`${name}\` returns: ${error.message}; with \`counted: false\` the step goes on without`;
    throw new BpfrigError('agent', text, { detail: error.detail, cause: error });
  }
}
