import { integerBytes } from '../../arch/byte-order.ts';
import { callBatch } from '../../guest/batch.ts';
import { request, type AgentRequest, type OpArgs } from '../../guest/protocol.ts';
import { keyBytes, valueBytes } from '../../object/map-values.ts';
import type { StepOutcomes } from '../../scenario/step-results.ts';
import type { StepArgs } from '../../scenario/step-schema.ts';
import { BpfrigError } from '../../util/errors.ts';
import type { CreatedMap, StepContext, StepValues } from './context.ts';
import { cpusOf, mapOf, shapeOf } from './find-map.ts';
import { loadProgram, watch } from './load-program.ts';

/** What a scenario may write as an entry's value. */
type Stated = Pick<
  StepArgs<'update'>,
  'value' | 'device' | 'value_map' | 'program' | 'config' | 'maps' | 'qsize' | 'prog_fd'
> & {
  /** Whether what a device's program returns is counted; default: yes. */
  readonly counted?: boolean;
};

/** The value of an entry as the agent's `map_update` takes it, and what the step returns of it. */
interface EntryValue {
  readonly args: Pick<OpArgs<'map_update'>, 'value' | 'value_map' | 'value_program'>;
  readonly result: StepValues;
}

/**
 * An entry's value: bytes by the map's type, a device's number (with a program, in a devmap that takes one), the descriptor of another
 * map, or that of a program where the map is a table of tail calls. Null for what only a cpumap has, its `qsize` with a program.
 */
export async function entryValue(
  ctx: StepContext,
  map: CreatedMap,
  stated: Stated,
  where: string,
): Promise<EntryValue | null> {
  const { value, device, value_map, program, config, maps, prog_fd, counted = true } = stated;
  if (value_map !== undefined)
    return { args: { value_map: (await mapOf(ctx, value_map)).handle }, result: {} };
  if (device !== undefined) {
    const { ifindex } = await ctx.guest.call('netdev', { dev: device });
    const args = { value: deviceHex(map, ifindex, prog_fd) };
    if (program === undefined) return { args, result: {} };
    const loaded = await loadProgram(ctx, { program, config, maps });
    if (counted) await watch(ctx, loaded, 'egress', null);
    return { args: { ...args, value_program: loaded.handle }, result: { prog_id: loaded.id } };
  }
  if (program !== undefined && shapeOf(map).type === 'prog_array') {
    const { handle, id } = await loadProgram(ctx, { program, config, maps });
    return { args: { value_program: handle }, result: { prog_id: id } };
  }
  if (value === undefined) return null;
  const bytes = valueBytes(shapeOf(map), value, `${where}.value`, cpusOf(ctx, map));
  return { args: { value: bytes.toString('hex') }, result: {} };
}

/** A devmap's value begins with the number of the device; the descriptor of a program may follow (struct bpf_devmap_val). */
function deviceHex({ valueSize, byteOrder }: CreatedMap, ifindex: number, descriptor = 0): string {
  const bytes = Buffer.alloc(Math.max(valueSize, 4));
  integerBytes(ifindex, 4, byteOrder).copy(bytes);
  if (valueSize >= 8) integerBytes(descriptor, 4, byteOrder).copy(bytes, 4);
  return bytes.toString('hex');
}

/** A key as the agent takes it. */
export function keyHex(map: CreatedMap, key: unknown, where: string): string {
  return keyBytes(shapeOf(map), key, where).toString('hex');
}

/** Values of `flags` in include/uapi/linux/bpf.h. */
export function flagBits(flags: StepArgs<'update'>['flags']): number {
  if (typeof flags === 'number') return flags;
  return { any: 0, noexist: 1, exist: 2 }[flags];
}

/** Requests, and characters of their values, that are sent in one message: the agent's lines have at most 16 MiB. */
const MOST_REQUESTS = 1000;
const MOST_CHARACTERS = 4 * 1024 * 1024;

/** Entries of a map, in their order. `count`: how many. */
export async function fill(ctx: StepContext, args: StepArgs<'fill'>): Promise<StepOutcomes['fill']> {
  const map = await mapOf(ctx, args.map);
  const flags = flagBits(args.flags);
  let waiting: AgentRequest<'map_update'>[] = [];
  let characters = 0;
  // Bytes first: a mistake in one entry must not leave half of them in the map.
  const entries: OpArgs<'map_update'>[] = [];
  for (const [index, entry] of args.entries.entries()) {
    const where = `fill.entries[${index}]`;
    const value = await entryValue(ctx, map, entry, where);
    if (value === null)
      throw new BpfrigError(
        'scenario',
        `${where}: an entry of map \`${args.map}\` (type ${map.type}) needs a \`value\`; a program alone is one only in a prog_array`,
      );
    entries.push({ map: map.handle, key: keyHex(map, entry.key, `${where}.key`), flags, ...value.args });
  }
  for (const entry of entries) {
    waiting.push(request('map_update', entry));
    characters += entry.value?.length ?? 0;
    if (waiting.length < MOST_REQUESTS && characters < MOST_CHARACTERS) continue;
    await callBatch(ctx.guest, waiting);
    [waiting, characters] = [[], 0];
  }
  await callBatch(ctx.guest, waiting);
  return { count: entries.length };
}
