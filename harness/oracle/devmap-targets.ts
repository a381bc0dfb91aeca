import { plain, plainName } from './entry-programs.ts';
import type { CellView } from './subject.ts';

/** Types of devmaps, by name and by number of `enum bpf_map_type`. */
export const DEVMAP_TYPES: readonly string[] = ['devmap', '14', 'devmap_hash', '25'];

/**
 * Names of the devices that the scenario's steps put into devmaps. Null where a step put a device there by its number: then nobody knows
 * all of them.
 */
export function devmapTargets({ seen, variant }: Pick<CellView, 'seen' | 'variant'>): Set<string> | null {
  const devices = new Set<string>();
  const isDevmap = (map: string) => DEVMAP_TYPES.includes(seen.mapTypes[plainName(map)] ?? '');
  for (const step of [...variant.setup, ...variant.traffic].flatMap(plain)) {
    if (step.kind !== 'update' && step.kind !== 'fill') continue;
    if (!isDevmap(step.args.map)) continue;
    if (step.as !== null && (seen.steps[step.as]?.errno ?? 'OK') !== 'OK') continue;
    for (const { device } of step.kind === 'fill' ? step.args.entries : [step.args]) {
      if (device === undefined) return null;
      devices.add(device);
    }
  }
  return devices;
}
