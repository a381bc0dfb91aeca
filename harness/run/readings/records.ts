import type { Value } from '../../model/counters.ts';
import { decodeValue } from '../../object/values.ts';
import type { StepContext } from '../steps/context.ts';
import { loadedMap } from './map-entries.ts';
import type { StreamPlan } from './plan.ts';
import { typeOfRecord } from './record-types.ts';

/** The records of one stream. */
export interface StreamReading {
  readonly records: readonly Value[];
  /** How many the agent or the kernel could not keep. */
  readonly missing: number;
  /** Why some records are hex; null when all have a type, and when the object has no struct of their size. */
  readonly unclear: string | null;
}

/** Takes the records that came since {@link beginReadings}. */
export async function takeRecords(ctx: StepContext, plan: StreamPlan): Promise<StreamReading> {
  const { handle } = loadedMap(ctx, plan);
  // Nothing happens where it has begun.
  await ctx.guest.call('events_start', { map: handle });
  const { records, lost } = await ctx.guest.call('events_read', { map: handle });
  const bytes = records.map(({ data }) => Buffer.from(data, 'hex'));
  return {
    records: bytes.map(one => showRecord(plan, one)),
    missing: lost,
    unclear: unclearSize(plan, new Set(bytes.map(({ length }) => length))),
  };
}

function showRecord({ object, types }: StreamPlan, bytes: Buffer): Value {
  const type = typeOfRecord(types, bytes.length);
  return type === null
    ? `0x${bytes.toString('hex')}`
    : decodeValue(type.btf, type.id, bytes, object.contents.littleEndian);
}

function unclearSize({ object, map, types }: StreamPlan, sizes: ReadonlySet<number>): string | null {
  for (const size of sizes) {
    const candidates = types.bySize.get(size) ?? [];
    if (types.stated !== null || candidates.length < 2) continue;
    const names = candidates.map(({ name }) => `\`${name}\``).join(', ');
    return `records of ${size} bytes may be ${names}: write \`events: { ${object.name}.${map.name}: ${candidates[0]?.name} }\` in the scenario`;
  }
  return null;
}
