import type { BpfMap } from '../../object/object.ts';
import { isPerCpu } from '../../object/map-values.ts';
import type { ObjectName, ObjectRoot } from '../../scenario/object-names.ts';
import { BpfrigError } from '../../util/errors.ts';
import { didYouMean } from '../../util/nearest.ts';
import type { ProgramObject } from '../programs.ts';
import { memberProblem } from './member-problem.ts';

/** What is wrong with a name of an expectation, given the compiled object; null when the object has what it names. */
export function checkName(object: ProgramObject, name: ObjectName): string | null {
  return CHECKS[name.root](object, name);
}

/** The item of this name, which {@link checkName} has found before. */
export function named<T extends { readonly name: string }>(items: readonly T[], name: string): T {
  const found = items.find(one => one.name === name);
  if (found === undefined) throw new BpfrigError('harness', `\`${name}\` was there and is no more`);
  return found;
}

const CHECKS: Readonly<Record<ObjectRoot, (object: ProgramObject, name: ObjectName) => string | null>> = {
  maps: mapProblem,
  globals: globalProblem,
  events: streamProblem,
  programs: ({ contents }, { name }) =>
    absent(
      'program',
      contents.label,
      name,
      contents.programs.map(one => one.name),
    ),
};

function absent(what: string, label: string, name: string, known: readonly string[]): string | null {
  if (known.includes(name)) return null;
  return `${label} has no ${what} \`${name}\`${didYouMean(name, known)} (has ${known.join(', ') || 'none'})`;
}

/** Types whose content is a stream of records. */
export const STREAMS: ReadonlySet<string> = new Set(['ringbuf', 'perf_event_array']);

/** Types that have no entries with keys: BPF_MAP_GET_NEXT_KEY and a lookup by key fail. */
const WITHOUT_KEYS: ReadonlySet<string> = new Set([
  'queue',
  'stack',
  'bloom_filter',
  'user_ringbuf',
  'arena',
]);

function mapProblem({ name: object, contents }: ProgramObject, { name, rest }: ObjectName): string | null {
  const known = contents.maps.map(one => one.name);
  const map = contents.maps.find(one => one.name === name);
  if (map === undefined) return absent('map', contents.label, name, known);
  if (STREAMS.has(map.type))
    return `\`${name}\` is of type ${map.type}: its records are \`events.${object}.${name}\``;
  if (WITHOUT_KEYS.has(map.type)) return `\`${name}\` is of type ${map.type}: it has no entries with keys`;
  const [key, ...below] = rest;
  if (key === undefined || key === 'size') return null;
  if (!isPerCpu(map.type)) return memberProblem(contents.btf, map.valueType, below);
  const [cpu, ...members] = below;
  return cpu === undefined || cpu === '*' || /^\d+$/.test(cpu)
    ? memberProblem(contents.btf, map.valueType, members)
    : perCpuProblem(map, cpu);
}

function perCpuProblem({ name, type }: BpfMap, member: string): string {
  return `\`${name}\` is of type ${type}, so its value is a list, one for each CPU: write \`[cpu].${member}\` or \`.sum().${member}\``;
}

function globalProblem({ contents }: ProgramObject, { name, rest }: ObjectName): string | null {
  const global = contents.globals.find(one => one.name === name);
  if (global !== undefined) return memberProblem(contents.btf, global.type, rest);
  if (contents.kconfig.includes(name)) return `\`${name}\` is the kernel's configuration, and no variable`;
  return absent(
    'global variable',
    contents.label,
    name,
    contents.globals.map(one => one.name),
  );
}

function streamProblem({ name: object, contents }: ProgramObject, { name }: ObjectName): string | null {
  const streams = contents.maps.filter(one => STREAMS.has(one.type));
  const map = contents.maps.find(one => one.name === name);
  if (map === undefined)
    return absent(
      'ring buffer or perf event array',
      contents.label,
      name,
      streams.map(one => one.name),
    );
  if (STREAMS.has(map.type)) return null;
  return `\`${name}\` is of type ${map.type}, which has no records: write \`maps.${object}.${name}\``;
}
