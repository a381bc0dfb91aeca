import type { StepArgs } from '../../scenario/step-schema.ts';
import { BpfrigError } from '../../util/errors.ts';
import { parseFdinfo } from '../../guest/proc-text.ts';
import type { CreatedMap, StepContext, StepValues } from './context.ts';

/** Creates a cpumap, then its entries in the order of their keys. */
export async function cpumap(ctx: StepContext, args: StepArgs<'cpumap'>): Promise<StepValues> {
  const { name, entries, max_entries, ...attributes } = args;
  const created = await map(ctx, {
    name,
    type: 'cpumap',
    key_size: 4,
    max_entries: max_entries ?? ctx.guest.hello.cpus_possible.length,
    btf: false,
    ...attributes,
  });
  for (const [key, entry] of Object.entries(entries)) {
    await update(ctx, { map: name, key: Number(key), flags: 'any', at_fd_0: false, ...entry });
  }
  return created;
}

/** BPF_MAP_CREATE with any attributes. */
export async function map(ctx: StepContext, args: StepArgs<'map'>): Promise<StepValues> {
  const { id } = await ctx.guest.call('map_create', args);
  ctx.maps.set(args.name, { id, keySize: args.key_size, valueSize: args.value_size });
  return { id };
}

/** BPF_MAP_UPDATE_ELEM: a cpumap's entry by `qsize`, or any value. */
export async function update(ctx: StepContext, args: StepArgs<'update'>): Promise<StepValues> {
  const { map: name, caps, value_map, prog_fd, prog_map, at_fd_0, times, other_qsize } = args;
  const common = { map: name, flags: flagBits(args.flags), caps };
  const value = args.device === undefined ? args.value : await ifindexHex(ctx, args.device);
  if (value !== undefined || value_map !== undefined) {
    const key = keyHex(args.key, mapOf(ctx, name).keySize);
    await ctx.guest.call('map_update', { ...common, key, value, value_map });
    return {};
  }
  const entry = { ...common, key: Number(args.key), qsize: args.qsize ?? 0, times, other_qsize };
  if (args.program === undefined) {
    await ctx.guest.call('cpumap_update', { ...entry, prog_fd, prog_map });
    return {};
  }
  const { program: wanted, config, maps } = args;
  const program = await ctx.loadProgram({ program: wanted, config, maps });
  if (args.counted) await ctx.watch(program, 'entry', null);
  await ctx.guest.call('cpumap_update', { ...entry, program: program.handle, at_fd_0 });
  return { prog_id: program.id };
}

/** BPF_MAP_LOOKUP_ELEM: `value` as hex, and for a cpumap `qsize` and `prog_id`. */
export async function lookup(ctx: StepContext, args: StepArgs<'lookup'>): Promise<StepValues> {
  const key = keyHex(args.key, mapOf(ctx, args.map).keySize);
  return ctx.guest.call('map_lookup', { map: args.map, key, caps: args.caps });
}

/** BPF_MAP_LOOKUP_AND_DELETE_ELEM: `value` as hex. */
export async function take(ctx: StepContext, args: StepArgs<'lookup_and_delete'>): Promise<StepValues> {
  const key = keyHex(args.key, mapOf(ctx, args.map).keySize);
  return ctx.guest.call('map_take', { map: args.map, key });
}

/** BPF_MAP_*_BATCH: `count`. */
export async function batch(ctx: StepContext, args: StepArgs<'map_batch'>): Promise<StepValues> {
  return ctx.guest.call('map_batch', args);
}

/** BPF_MAP_DELETE_ELEM. */
export async function remove(ctx: StepContext, args: StepArgs<'delete'>): Promise<StepValues> {
  const key = keyHex(args.key, mapOf(ctx, args.map).keySize);
  await ctx.guest.call('map_delete', { map: args.map, key });
  return {};
}

/** BPF_MAP_GET_NEXT_KEY: `key` as a number. */
export async function nextKey(ctx: StepContext, args: StepArgs<'next_key'>): Promise<StepValues> {
  const key = args.key === null ? null : keyHex(args.key, mapOf(ctx, args.map).keySize);
  const next = await ctx.guest.call('map_next_key', { map: args.map, key });
  return { key: Buffer.from(next.key, 'hex').readUIntLE(0, Math.min(next.key.length / 2, 6)) };
}

/** Closes the descriptor of a map or a program. */
export async function close(ctx: StepContext, args: StepArgs<'close'>): Promise<StepValues> {
  const target = 'map' in args ? { map: args.map } : { program: (await ctx.loadProgram(args)).handle };
  await ctx.guest.call('close', target);
  return {};
}

/** What the kernel says of a map or a program. */
export async function info(ctx: StepContext, args: StepArgs<'info'>): Promise<StepValues> {
  const info =
    'map' in args
      ? await ctx.guest.call('map_info', { map: args.map })
      : await ctx.guest.call('prog_info', { program: (await ctx.loadProgram(args)).handle });
  return { ...info, fdinfo: parseFdinfo(info.fdinfo) };
}

/** A map of the scenario. Throws `scenario` when no step made it. */
export function mapOf(ctx: StepContext, name: string): CreatedMap {
  const found = ctx.maps.get(name);
  if (found !== undefined) return found;
  throw new BpfrigError(
    'scenario',
    `no map \`${name}\`: no step before made it (made are ${[...ctx.maps.keys()].join(', ') || 'none'})`,
  );
}

/** A device's ifindex as a devmap's value. */
async function ifindexHex(ctx: StepContext, dev: string): Promise<string> {
  const { ifindex } = await ctx.guest.call('netdev', { dev });
  return keyHex(ifindex, 4);
}

/** Values of `flags` in include/uapi/linux/bpf.h. */
function flagBits(flags: StepArgs<'update'>['flags']): number {
  if (typeof flags === 'number') return flags;
  return { any: 0, noexist: 1, exist: 2 }[flags];
}

/** A key as the agent takes it: little-endian hex of the map's key size. */
function keyHex(key: number | string, size: number): string {
  const bytes = Buffer.alloc(size);
  let rest = BigInt(key);
  for (let index = 0; index < size; index += 1) {
    bytes[index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes.toString('hex');
}
