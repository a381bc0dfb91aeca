import type { ByteOrder } from '../../arch/byte-order.ts';
import type { StepOutcomes } from '../../scenario/step-results.ts';
import type { StepArgs } from '../../scenario/step-schema.ts';
import { BpfrigError } from '../../util/errors.ts';
import { parseFdinfo } from '../../guest/proc-text.ts';
import type { Value } from '../../model/counters.ts';
import { showKey, showValue } from '../../object/map-values.ts';
import type { CreatedMap, StepContext } from './context.ts';
import { entryValue, flagBits, keyHex } from './entries.ts';
import { mapOf, ownOrNew, shapeOf } from './find-map.ts';
import { globalValues } from './global-maps.ts';
import { loadProgram, watch } from './load-program.ts';
import { enterXsk, openPlain } from './xsk.ts';

/**
 * Creates a cpumap, then its entries in the order of their keys. Where one of the scenario's objects declares a map of that name, it is
 * that map: what the step does not state is as declared.
 */
export async function cpumap(ctx: StepContext, args: StepArgs<'cpumap'>): Promise<StepOutcomes['cpumap']> {
  const { name, entries, ...stated } = args;
  const declared = ctx.index.declared(name);
  if (declared !== null && declared.map.type !== 'cpumap') {
    const { object, map: is } = declared;
    throw new BpfrigError(
      'scenario',
      `cpumap: ${object.contents.label} declares \`${name}\` with type ${is.type}; step \`map\` creates it`,
    );
  }
  const possible = ctx.guest.hello.cpus_possible.length;
  const { max_entries, value_size, flags, numa_node } = stated;
  const resized = {
    max_entries: max_entries === null ? possible : max_entries,
    value_size,
    flags,
    numa_node,
  };
  const created = await ownOrNew(ctx, name, declared, resized, {
    type: 'cpumap',
    key_size: 4,
    value_size: 8,
    max_entries: possible,
    flags: 0,
    btf: false,
  });
  for (const [key, entry] of Object.entries(entries)) {
    await update(ctx, { map: name, key: Number(key), flags: 'any', at_fd_0: false, ...entry });
  }
  return { id: created.id };
}

/** BPF_MAP_CREATE with any attributes; for a map that one of the scenario's objects declares, those that differ from it. */
export async function map(ctx: StepContext, args: StepArgs<'map'>): Promise<StepOutcomes['map']> {
  const { name, ...stated } = args;
  const { id } = await ownOrNew(ctx, name, ctx.index.declared(name), stated, { flags: 0, btf: false });
  return { id };
}

/** BPF_MAP_UPDATE_ELEM: a cpumap's entry by `qsize`, or any value. */
export async function update(ctx: StepContext, args: StepArgs<'update'>): Promise<StepOutcomes['update']> {
  const { map: name, caps, prog_fd, prog_map, at_fd_0, times, other_qsize } = args;
  const map = await mapOf(ctx, name);
  const flags = flagBits(args.flags);
  if (args.socket !== undefined) {
    const key = keyHex(map, args.key, 'update.key');
    const { socket } = args;
    if (typeof socket === 'string')
      await ctx.guest.call('map_socket', { map: map.handle, key, kind: socket, flags });
    else await enterXsk(ctx, map, key, 'xsk' in socket ? socket.xsk : await openPlain(ctx, socket), flags);
    return {};
  }
  const value = await entryValue(ctx, map, args, 'update');
  if (value !== null) {
    const key = keyHex(map, args.key, 'update.key');
    await ctx.guest.call('map_update', { map: map.handle, key, ...value.args, flags, caps });
    return value.result;
  }
  const key = Number(args.key);
  const entry = { map: map.handle, flags, caps, key, qsize: args.qsize ?? 0, times, other_qsize };
  if (args.program === undefined) {
    const other = prog_map === undefined ? undefined : (await mapOf(ctx, prog_map)).handle;
    await ctx.guest.call('cpumap_update', { ...entry, prog_fd, prog_map: other });
    return {};
  }
  const { program: wanted, config, maps } = args;
  const program = await loadProgram(ctx, { program: wanted, config, maps });
  if (args.counted) await watch(ctx, program, 'entry', null);
  await ctx.guest.call('cpumap_update', { ...entry, program: program.handle, at_fd_0 });
  return { prog_id: program.id };
}

/** BPF_MAP_LOOKUP_ELEM: `value` as hex and `decoded` by its type, and for a cpumap `qsize` and `prog_id`. */
export async function lookup(ctx: StepContext, args: StepArgs<'lookup'>): Promise<StepOutcomes['lookup']> {
  const map = await mapOf(ctx, args.map);
  const key = keyHex(map, args.key, 'lookup.key');
  const answer = await ctx.guest.call('map_lookup', { map: map.handle, key, caps: args.caps });
  return { ...answer, decoded: decoded(map, answer.value) };
}

/** BPF_MAP_LOOKUP_AND_DELETE_ELEM: `value` as hex and `decoded` by its type. */
export async function take(
  ctx: StepContext,
  args: StepArgs<'lookup_and_delete'>,
): Promise<StepOutcomes['lookup_and_delete']> {
  const map = await mapOf(ctx, args.map);
  const key = keyHex(map, args.key, 'lookup_and_delete.key');
  const answer = await ctx.guest.call('map_take', { map: map.handle, key });
  return { ...answer, decoded: decoded(map, answer.value) };
}

/** BPF_MAP_*_BATCH: `count`. */
export async function batch(
  ctx: StepContext,
  args: StepArgs<'map_batch'>,
): Promise<StepOutcomes['map_batch']> {
  const { handle } = await mapOf(ctx, args.map);
  return ctx.guest.call('map_batch', { ...args, map: handle });
}

/** BPF_MAP_DELETE_ELEM. */
export async function remove(ctx: StepContext, args: StepArgs<'delete'>): Promise<StepOutcomes['delete']> {
  const map = await mapOf(ctx, args.map);
  await ctx.guest.call('map_delete', { map: map.handle, key: keyHex(map, args.key, 'delete.key') });
  return {};
}

/** BPF_MAP_GET_NEXT_KEY: `key` as its type shows it, as a number without one. */
export async function nextKey(
  ctx: StepContext,
  args: StepArgs<'next_key'>,
): Promise<StepOutcomes['next_key']> {
  const map = await mapOf(ctx, args.map);
  const key = args.key === null ? undefined : keyHex(map, args.key, 'next_key.key');
  const next = Buffer.from((await ctx.guest.call('map_next_key', { map: map.handle, key })).key, 'hex');
  const shown = showKey(shapeOf(map), next);
  return { key: typeof shown === 'string' ? lowBytes(next, map.byteOrder) : shown };
}

/** The number in the lowest six bytes, which are as many as a number holds. */
function lowBytes(bytes: Buffer, order: ByteOrder): number {
  const size = Math.min(bytes.length, 6);
  return order === 'little' ? bytes.readUIntLE(0, size) : bytes.readUIntBE(bytes.length - size, size);
}

/** Closes the descriptor of a map or a program. */
export async function close(ctx: StepContext, args: StepArgs<'close'>): Promise<StepOutcomes['close']> {
  const target =
    'map' in args
      ? { map: (await mapOf(ctx, args.map)).handle }
      : { program: (await loadProgram(ctx, args)).handle };
  await ctx.guest.call('close', target);
  return {};
}

/**
 * What the kernel reports of a map or a program: BPF_OBJ_GET_INFO_BY_FD and fdinfo. For a program of the scenario's also `global`: the
 * values of its object's global variables.
 */
export async function info(ctx: StepContext, args: StepArgs<'info'>): Promise<StepOutcomes['info']> {
  if ('map' in args) {
    const { handle: map } = await mapOf(ctx, args.map);
    const info = await ctx.guest.call('map_info', { map });
    return { ...info, fdinfo: parseFdinfo(info.fdinfo) };
  }
  const program = await loadProgram(ctx, args);
  const info = await ctx.guest.call('prog_info', { program: program.handle });
  const global = program.object.own ? { global: await globalValues(ctx, program) } : {};
  return { ...info, fdinfo: parseFdinfo(info.fdinfo), ...global };
}

function decoded(map: CreatedMap, value: string): Value {
  return showValue(shapeOf(map), Buffer.from(value, 'hex'));
}
