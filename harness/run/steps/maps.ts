import type { StepArgs } from '../../scenario/step-schema.ts';
import { BpfrigError } from '../../util/errors.ts';
import { parseFdinfo } from '../../guest/proc-text.ts';
import { didYouMean } from '../../util/nearest.ts';
import type { DeclaredMap, ProgramObject } from '../programs.ts';
import type { CreatedMap, StepContext, StepValues } from './context.ts';
import { loadProgram, watch } from './load-program.ts';
import { attributesOf, createMap, isPlain, type MapAttributes } from './object-maps.ts';

/**
 * Creates a cpumap, then its entries in the order of their keys. Where one of the scenario's objects declares a map of that name, it is
 * that map: what the step does not state is as declared.
 */
export async function cpumap(ctx: StepContext, args: StepArgs<'cpumap'>): Promise<StepValues> {
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
export async function map(ctx: StepContext, args: StepArgs<'map'>): Promise<StepValues> {
  const { name, ...stated } = args;
  const { id } = await ownOrNew(ctx, name, ctx.index.declared(name), stated, { flags: 0, btf: false });
  return { id };
}

type Stated = Partial<{ readonly [K in keyof MapAttributes]: MapAttributes[K] | undefined }>;

/** A map as stated, for the rest as declared, for the rest by the defaults. */
async function ownOrNew(
  ctx: StepContext,
  name: string,
  declared: DeclaredMap | null,
  stated: Stated,
  defaults: Stated,
): Promise<CreatedMap> {
  const there = ctx.maps.get(name);
  const differs = Object.values(stated).some(value => value !== undefined);
  if (there?.owner != null) {
    if (!differs) return there;
    throw new BpfrigError(
      'scenario',
      `map \`${name}\` was created as declared when a program that uses it was loaded: resize it in an earlier step`,
    );
  }
  if (declared !== null && !isPlain(declared.object, declared.map) && stated.type === undefined) {
    const { label } = declared.object.contents;
    throw new BpfrigError(
      'scenario',
      `map \`${name}\` of ${label} (type ${declared.map.type}) is created by libbpf when a program that uses it is loaded: it takes no step`,
    );
  }
  const base = declared === null ? defaults : { ...defaults, ...attributesOf(declared.map) };
  const all: Stated = {
    ...base,
    ...Object.fromEntries(Object.entries(stated).filter(([, value]) => value !== undefined)),
  };
  const missing = (['type', 'key_size', 'value_size', 'max_entries'] as const).find(
    key => all[key] === undefined,
  );
  if (missing !== undefined) {
    const none = "none of the scenario's objects declares it";
    throw new BpfrigError('scenario', `map \`${name}\`: \`${missing}\` is missing, and ${none}`);
  }
  return createMap(ctx, { ...(all as Omit<MapAttributes, 'name'>), name }, null);
}

/** BPF_MAP_UPDATE_ELEM: a cpumap's entry by `qsize`, or any value. */
export async function update(ctx: StepContext, args: StepArgs<'update'>): Promise<StepValues> {
  const { map: name, caps, value_map, prog_fd, prog_map, at_fd_0, times, other_qsize } = args;
  const common = { map: name, flags: flagBits(args.flags), caps };
  const value = args.device === undefined ? args.value : await ifindexHex(ctx, args.device);
  if (value !== undefined || value_map !== undefined) {
    const key = keyHex(args.key, (await mapOf(ctx, name)).keySize);
    await ctx.guest.call('map_update', { ...common, key, value, value_map });
    return {};
  }
  await mapOf(ctx, name);
  const entry = { ...common, key: Number(args.key), qsize: args.qsize ?? 0, times, other_qsize };
  if (args.program === undefined) {
    await ctx.guest.call('cpumap_update', { ...entry, prog_fd, prog_map });
    return {};
  }
  const { program: wanted, config, maps } = args;
  const program = await loadProgram(ctx, { program: wanted, config, maps });
  if (args.counted) await watch(ctx, program, 'entry', null);
  await ctx.guest.call('cpumap_update', { ...entry, program: program.handle, at_fd_0 });
  return { prog_id: program.id };
}

/** BPF_MAP_LOOKUP_ELEM: `value` as hex, and for a cpumap `qsize` and `prog_id`. */
export async function lookup(ctx: StepContext, args: StepArgs<'lookup'>): Promise<StepValues> {
  const key = keyHex(args.key, (await mapOf(ctx, args.map)).keySize);
  return ctx.guest.call('map_lookup', { map: args.map, key, caps: args.caps });
}

/** BPF_MAP_LOOKUP_AND_DELETE_ELEM: `value` as hex. */
export async function take(ctx: StepContext, args: StepArgs<'lookup_and_delete'>): Promise<StepValues> {
  const key = keyHex(args.key, (await mapOf(ctx, args.map)).keySize);
  return ctx.guest.call('map_take', { map: args.map, key });
}

/** BPF_MAP_*_BATCH: `count`. */
export async function batch(ctx: StepContext, args: StepArgs<'map_batch'>): Promise<StepValues> {
  await mapOf(ctx, args.map);
  return ctx.guest.call('map_batch', args);
}

/** BPF_MAP_DELETE_ELEM. */
export async function remove(ctx: StepContext, args: StepArgs<'delete'>): Promise<StepValues> {
  const key = keyHex(args.key, (await mapOf(ctx, args.map)).keySize);
  await ctx.guest.call('map_delete', { map: args.map, key });
  return {};
}

/** BPF_MAP_GET_NEXT_KEY: `key` as a number. */
export async function nextKey(ctx: StepContext, args: StepArgs<'next_key'>): Promise<StepValues> {
  const key = args.key === null ? undefined : keyHex(args.key, (await mapOf(ctx, args.map)).keySize);
  const next = await ctx.guest.call('map_next_key', { map: args.map, key });
  return { key: Buffer.from(next.key, 'hex').readUIntLE(0, Math.min(next.key.length / 2, 6)) };
}

/** Closes the descriptor of a map or a program. */
export async function close(ctx: StepContext, args: StepArgs<'close'>): Promise<StepValues> {
  const target = 'map' in args ? { map: args.map } : { program: (await loadProgram(ctx, args)).handle };
  await ctx.guest.call('close', target);
  return {};
}

/** What the kernel reports of a map or a program: BPF_OBJ_GET_INFO_BY_FD and fdinfo. */
export async function info(ctx: StepContext, args: StepArgs<'info'>): Promise<StepValues> {
  const info =
    'map' in args
      ? await ctx.guest.call('map_info', { map: args.map })
      : await ctx.guest.call('prog_info', { program: (await loadProgram(ctx, args)).handle });
  return { ...info, fdinfo: parseFdinfo(info.fdinfo) };
}

/**
 * A map by its name: one that a step created, or one that an object of the scenario declares, which is then created as declared.
 * Throws `scenario` when there is neither.
 */
export async function mapOf(ctx: StepContext, name: string): Promise<CreatedMap> {
  const found = ctx.maps.get(name);
  if (found !== undefined) return found;
  const declared = ctx.index.declared(name);
  if (declared !== null) return ownOrNew(ctx, name, declared, {}, {});
  const known = [...ctx.maps.keys(), ...ctx.index.objects.flatMap(one => (one.own ? mapNames(one) : []))];
  throw new BpfrigError(
    'scenario',
    `no map \`${name}\`${didYouMean(name, known)}: no step before created it, and no object of the scenario declares it (known are ${known.join(', ') || 'none'})`,
  );
}

function mapNames({ contents }: ProgramObject): string[] {
  return contents.maps.map(one => one.name);
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
