import { needsOpenObject, sectionPlace } from '../../object/attach-sections.ts';
import type { BpfProgram } from '../../object/object.ts';
import { BpfrigError } from '../../util/errors.ts';
import { didYouMean } from '../../util/nearest.ts';
import type { ProgramObject } from '../programs.ts';
import type { LoadedProgram, StepContext } from './context.ts';

/** A function of a program that is loaded. */
export interface Target {
  readonly program: LoadedProgram;
  readonly function: string;
}

/** The program and function of `PROGRAM.FUNCTION`. Throws `scenario` when no step before has loaded the program. */
export function findTarget(ctx: StepContext, text: string): Target {
  const dot = text.lastIndexOf('.');
  const [name, fn] = [text.slice(0, dot), text.slice(dot + 1)];
  const own = ctx.aliases.get(name);
  const program = own ?? [...ctx.programs.values()].findLast(one => matches(ctx, one, name));
  if (program !== undefined) return { program, function: fn };
  const known = [...ctx.aliases.keys(), ...[...ctx.programs.values()].map(one => one.name)];
  throw new BpfrigError(
    'scenario',
    `\`replaces: ${text}\`: no step before has loaded a program \`${name}\`${didYouMean(name, known)} (loaded are ${known.join(', ') || 'none'})`,
  );
}

function matches(ctx: StepContext, { name }: LoadedProgram, wanted: string): boolean {
  return name === wanted || `${ctx.index.find(name).object.name}.${name}` === wanted;
}

/** What a program needs when it is loaded so that it can be attached later: arguments of the agent's `load`. */
export interface AttachOptions {
  readonly keep_open?: true;
  readonly targets?: Readonly<Record<string, { readonly program: string; readonly function: string }>>;
}

/**
 * The options of a program's load that its attach point asks for: an EXT program must name the function that it replaces, which is the one of
 * `replaces`, or that of its section in the program of the same object that was loaded last. Throws `scenario` when there is none.
 */
export function attachOptions(
  ctx: StepContext,
  object: ProgramObject,
  program: BpfProgram,
  { type, replaces }: { readonly type?: string | undefined; readonly replaces?: string | undefined },
): AttachOptions {
  const place = sectionPlace(program.section);
  if (!isExtension(program.section, type)) {
    if (replaces !== undefined)
      throw new BpfrigError(
        'scenario',
        `\`${program.name}\` is no EXT program (section \`${program.section}\`), and only such a one \`replaces\` a function`,
      );
    return needsOpenObject(program.section) ? { keep_open: true } : {};
  }
  const { program: target, function: name } =
    replaces === undefined
      ? targetInObject(ctx, object, program, place?.target ?? null)
      : findTarget(ctx, replaces);
  return { targets: { [program.name]: { program: target.handle, function: name } } };
}

/** Whether a program of this section is loaded as type EXT. */
export function isExtension(section: string, type: string | undefined): boolean {
  return type === 'ext' || (type === undefined && sectionPlace(section)?.kinds[0] === 'freplace');
}

function targetInObject(
  ctx: StepContext,
  object: ProgramObject,
  { name, section }: BpfProgram,
  replaced: string | null,
): Target {
  if (replaced === null)
    throw new BpfrigError(
      'scenario',
      `section \`${section}\` of \`${name}\` does not say which function it replaces: write \`replaces: PROGRAM.FUNCTION\``,
    );
  const program = [...ctx.programs.values()].findLast(one => {
    const found = ctx.index.find(one.name);
    return found.object === object && !isExtension(found.program.section, undefined);
  });
  if (program !== undefined) return { program, function: replaced };
  throw new BpfrigError(
    'scenario',
    `\`${name}\` replaces function \`${replaced}\` of a program, and no step before has loaded one of ${object.contents.label}: load or attach it first, or write \`replaces: PROGRAM.${replaced}\``,
  );
}
