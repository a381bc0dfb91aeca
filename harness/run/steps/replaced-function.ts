import type { OpArgs } from '../../guest/protocol.ts';
import type { BpfProgram } from '../../object/object.ts';
import { BpfrigError } from '../../util/errors.ts';
import type { ProgramObject } from '../programs.ts';
import type { LoadedProgram, StepContext } from './context.ts';

/** Whether a program replaces a function of another one (BPF_PROG_TYPE_EXT), by its section: `freplace/slot0`. */
export function isExtension({ section }: BpfProgram): boolean {
  return /^\??freplace(?:\/|$)/.test(section);
}

/**
 * What a program of type EXT replaces, as arguments of the agent's `load`: the function that its section names, of a program that is
 * loaded already, first of the same object. Throws `scenario` when none is loaded. Other programs have no such argument.
 */
export function targetOf(
  ctx: StepContext,
  object: ProgramObject,
  program: BpfProgram,
  type?: string,
): Pick<OpArgs<'load'>, 'targets'> {
  if (!isExtension(program) && type !== 'ext') return {};
  const name = /\/(.+)$/.exec(program.section)?.[1] ?? '';
  const all = [...ctx.programs.values()].filter(one => one.object.own && one.name !== program.name);
  const has = (one: LoadedProgram): boolean => functionNames(one.object).has(name);
  const target = all.find(one => one.object === object && has(one)) ?? all.find(has);
  if (target === undefined)
    throw new BpfrigError(
      'scenario',
      `\`${program.name}\` (${program.section}) replaces function \`${name}\` of a program that is loaded, and none has it: load that one in an earlier step`,
    );
  return { targets: { [program.name]: { program: target.handle, function: name } } };
}

/** Global functions of an object: those that can be replaced. */
function functionNames({ contents }: ProgramObject): ReadonlySet<string> {
  const types = contents.btf?.types ?? [];
  return new Set(
    types.filter(({ kind, linkage }) => kind === 'func' && linkage === 1).map(({ name }) => name),
  );
}
