import type { Value } from '../../model/counters.ts';
import { readGlobals } from '../../object/global-bytes.ts';
import { BpfrigError } from '../../util/errors.ts';
import type { StepContext } from '../steps/context.ts';
import { mapOfObject } from '../steps/find-map.ts';
import type { GlobalPlan } from './plan.ts';

/** The key of the one entry of a map that holds global variables. */
const FIRST = '00000000';

/** A global variable with its value. Throws `scenario` when no step has loaded the object. */
export async function globalValues(
  ctx: StepContext,
  { object, global }: GlobalPlan,
): Promise<[string, Value][]> {
  const map = mapOfObject(ctx, object, global.section);
  if (map === null)
    throw new BpfrigError(
      'scenario',
      `global variable \`${object.name}.${global.name}\` does not exist: no step has loaded \`${object.name}\` or one of its programs`,
    );
  const { value } = await ctx.guest.call('map_lookup', { map: map.handle, key: FIRST });
  const only = { ...object.contents, globals: [global] };
  return Object.entries(readGlobals(only, global.section, Buffer.from(value, 'hex')));
}
