import type { OpArgs } from '../../guest/protocol.ts';
import { needsOpenObject } from '../../object/attach-sections.ts';
import type { BpfProgram } from '../../object/object.ts';
import { BpfrigError } from '../../util/errors.ts';
import { didYouMean } from '../../util/nearest.ts';
import { splitName, type ProgramObject } from '../programs.ts';
import type { LoadedProgram, StepContext } from './context.ts';
import { isExtension, targetOf } from './replaced-function.ts';

/** A function of a program that is loaded. */
export interface Target {
  readonly program: LoadedProgram;
  readonly function: string;
}

/** The program and function of `PROGRAM.FUNCTION`. Throws `scenario` when no step before has loaded the program. */
export function findTarget(ctx: StepContext, text: string): Target {
  const dot = text.lastIndexOf('.');
  const [name, fn] = [text.slice(0, dot), text.slice(dot + 1)];
  const loaded = [...ctx.programs.values()];
  const { object, rest } = splitName(name, ctx.index.own);
  const program =
    ctx.aliases.get(name) ??
    loaded.findLast(one => one.name === rest && (object === null || one.object === object));
  if (program !== undefined) return { program, function: fn };
  const known = [...new Set([...ctx.aliases.keys(), ...loaded.map(one => one.name)])];
  throw new BpfrigError(
    'scenario',
    `\`replaces: ${text}\`: no step before has loaded a program \`${name}\`${didYouMean(name, known)} (loaded are ${known.join(', ') || 'none'})`,
  );
}

/**
 * The options of a program's load that its attach point asks for, as arguments of the agent's `load`: an EXT program must name the function
 * that it replaces, and libbpf attaches some only while their object is open. Throws `scenario` when there is nothing to replace.
 */
export function attachOptions(
  ctx: StepContext,
  object: ProgramObject,
  program: BpfProgram,
  { type, replaces }: { readonly type?: string | undefined; readonly replaces?: string | undefined },
): Pick<OpArgs<'load'>, 'targets' | 'keep_open'> {
  const { name, section } = program;
  if (!isExtension(program) && type !== 'ext') {
    if (replaces === undefined) return needsOpenObject(section) ? { keep_open: true } : {};
    throw new BpfrigError(
      'scenario',
      `\`${name}\` (section \`${section}\`) is no EXT program, and only such a one \`replaces\` a function`,
    );
  }
  if (replaces === undefined) return targetOf(ctx, object, program, type);
  const target = findTarget(ctx, replaces);
  return { targets: { [name]: { program: target.program.handle, function: target.function } } };
}
