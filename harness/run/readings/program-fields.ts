import type { OpAnswer } from '../../guest/protocol.ts';
import type { Value } from '../../model/counters.ts';
import { BpfrigError } from '../../util/errors.ts';
import type { StepContext } from '../steps/context.ts';
import type { ProgramPlan } from './plan.ts';

/** What the kernel reports of a program, and what it does not, with the reason. */
interface ProgramFields {
  readonly fields: { readonly [field: string]: Value };
  readonly without: Readonly<Record<string, string>>;
}

/**
 * BPF_OBJ_GET_INFO_BY_FD of a program; of one that was loaded several times, in different ways, all runs together and the largest of the
 * rest. Throws `scenario` when no step has loaded it.
 */
export async function programFields(
  ctx: StepContext,
  { object, program }: ProgramPlan,
): Promise<ProgramFields> {
  const loaded = [...ctx.programs.values()].filter(one => one.object === object && one.name === program.name);
  if (loaded.length === 0)
    throw new BpfrigError(
      'scenario',
      `program \`${object.name}.${program.name}\` is not loaded: no step has loaded it or \`${object.name}\``,
    );
  const infos: OpAnswer<'prog_info'>[] = [];
  for (const { handle } of loaded) infos.push(await ctx.guest.call('prog_info', { program: handle }));
  const sum = (field: 'run_cnt' | 'run_time_ns') => infos.reduce((total, info) => total + info[field], 0);
  const most = (field: 'verified_insns' | 'jited_len') => Math.max(...infos.map(info => info[field]));
  const verified = most('verified_insns');
  return {
    fields: {
      run_count: sum('run_cnt'),
      run_time_ns: sum('run_time_ns'),
      ...(verified === 0 ? {} : { verified_insns: verified }),
      jited_bytes: most('jited_len'),
    },
    without: verified === 0 ? { verified_insns: OLD_KERNEL } : {},
  };
}

const OLD_KERNEL = 'the kernel reports it since 5.16 (aba64c7da983)';
