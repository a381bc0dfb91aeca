import type { OpArgs } from '../../guest/protocol.ts';
import type { XdpMode } from '../../model/observations.ts';
import { hashKey } from '../../util/hash.ts';
import type { LoadedProgram, StepContext } from './context.ts';
import { attachOptions } from './extends.ts';
import { mapsOfProgram } from './object-maps.ts';

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
 * Loads a program, or returns the one that was already loaded in just this way. Throws `scenario` for a name that no object has, and
 * `AgentError` for what the kernel or libbpf refuses.
 */
export async function loadProgram(ctx: StepContext, request: ProgramRequest): Promise<LoadedProgram> {
  const alias = ctx.aliases.get(request.program);
  if (alias !== undefined) return alias;
  const { object, program: found } = ctx.index.find(request.program);
  const { bound, created } = await mapsOfProgram(ctx, object, found, request.maps ?? {});
  const { program, config, type, expected_attach, frags, dev_bound } = request;
  const forAttach = attachOptions(ctx, object, found, request);
  const handle = `${program}-${hashKey([config, bound, type, expected_attach, frags, dev_bound, forAttach.targets])}`;
  const loaded = ctx.programs.get(handle);
  if (loaded !== undefined) return loaded;
  const options = { config, type, expected_attach, frags, dev_bound };
  const load: OpArgs<'load'> = {
    ...object.load,
    program,
    name: handle,
    maps: bound,
    create: created,
    ...options,
    ...forAttach,
  };
  const { id } = await ctx.guest.call('load', load);
  const made: LoadedProgram = {
    handle,
    name: program,
    id,
    own: object.own,
    maps: Object.values(bound),
    role: null,
    mode: null,
  };
  ctx.programs.set(handle, made);
  return made;
}

/** Counts what a program returns from now on. */
export async function watch(
  ctx: StepContext,
  program: LoadedProgram,
  role: 'main' | 'entry',
  mode: XdpMode | null,
): Promise<void> {
  const first = program.role === null;
  program.role = role;
  program.mode = mode;
  if (first) await ctx.guest.call('actions_start', { program: program.handle });
}
