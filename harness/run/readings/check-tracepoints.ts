import type { TracedEvent } from '../../scenario/traced.ts';
import { WITNESS_EVENTS } from '../../oracle/subjects.ts';
import { BpfrigError } from '../../util/errors.ts';
import { didYouMean } from '../../util/nearest.ts';
import { kernelErrno, type StepContext } from '../steps/context.ts';

/** Throws `scenario` for a tracepoint or a field of one that this kernel does not have, and for one that cannot be counted. */
export async function checkTracepoints(ctx: StepContext, observe: readonly TracedEvent[]): Promise<void> {
  for (const { tracepoint, by, sum } of observe) {
    const event = tracepoint.replace(':', '/');
    const fields = fieldsOf(await formatOf(ctx, event, tracepoint));
    for (const field of [...by, ...sum]) {
      if (fields.get(field) === true) continue;
      const what = fields.has(field) ? 'is no number' : `does not exist${didYouMean(field, fields.keys())}`;
      throw new BpfrigError(
        'scenario',
        `observe: field \`${field}\` of ${tracepoint} ${what} (has ${[...fields.keys()].join(', ')})`,
      );
    }
    const own = WITNESS_EVENTS.find(one => one.event === event && one.keys.join() === by.join());
    if (own !== undefined)
      throw new BpfrigError(
        'scenario',
        `observe: bpfrig counts ${tracepoint} by ${by.join(', ')} itself: leave out a field, or use \`raw.${own.name}\``,
      );
  }
}

async function formatOf(ctx: StepContext, event: string, tracepoint: string): Promise<string> {
  try {
    return (await ctx.guest.call('read_file', { path: `/sys/kernel/tracing/events/${event}/format` })).data;
  } catch (error) {
    if (kernelErrno(error).errno !== 'ENOENT') throw error;
    throw new BpfrigError('scenario', `observe: this kernel has no tracepoint ${tracepoint}`, {
      cause: error,
    });
  }
}

/** Fields of a `format` file, and whether each is a number: `field:int map_id;	offset:8;	size:4;	signed:1;`. */
function fieldsOf(format: string): Map<string, boolean> {
  const lines = [...format.matchAll(/^\tfield:(.*?)(\w+)(\[\d*\])?;\toffset:\d+;\tsize:([1248]);/gm)];
  const others = [...format.matchAll(/^\tfield:.*?(\w+)(?:\[\d*\])?;/gm)].map(
    ([, name = '']) => [name, false] as const,
  );
  const numbers = lines
    .filter(
      ([, type = '', , array]) =>
        array === undefined && !type.includes('__data_loc') && !type.includes('__rel_loc'),
    )
    .map(([, , name = '']) => [name, true] as const);
  return new Map([...others, ...numbers]);
}
