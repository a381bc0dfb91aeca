import { DEVMAP_TYPES } from '../devmap-targets.ts';
import type { CellView } from '../subject.ts';
import { sum } from '../tally.ts';
import type { RedirectRow } from './redirect.ts';

/** Something that leads frames to devices: a devmap, or bpf_redirect(). */
export interface Feed {
  /** The scenario's name of the devmap; empty for bpf_redirect() and for a map of the object's own. */
  readonly name: string;
  /** Frames that were redirected without an error. */
  readonly redirected: number;
  /** Those of them without a device in the event: a broadcast with a key that has no entry. */
  readonly broadcast: number;
  /** Frames by ifindex of the device, broadcasts left out. */
  readonly devices: ReadonlyMap<number, number>;
  /** The only feed that leads anywhere: every transmit is of its frames, copies of a broadcast too. */
  readonly alone: boolean;
  /** Why xdp_devmap_xmit does not tell these frames from those of other feeds; null where it does. */
  readonly shared: string | null;
}

/**
 * All feeds of a cell, every devmap of the scenario among them. From xdp_redirect, which has the map and the device: exact.
 * xdp_devmap_xmit has the devices alone (bq_xmit_all, kernel/bpf/devmap.c), so that a transmit belongs to a map only where no other feed
 * leads to the same device.
 */
export function feedsOf(cell: CellView): Feed[] {
  const rows = cell.redirects(cell.seen.programs).to('devmap');
  const known = Object.entries(cell.seen.maps).filter(([name]) =>
    DEVMAP_TYPES.includes(cell.seen.mapTypes[name] ?? ''),
  );
  const ids = new Set([...known.map(([, id]) => id), ...rows.map(({ map_id }) => map_id)]);
  const feeds = [...ids].map(id =>
    feedOf(
      cell,
      id,
      rows.filter(({ map_id }) => map_id === id),
    ),
  );
  return feeds.map(feed => {
    const others = feeds.filter(other => other !== feed && meets(feed, other));
    const alone = feeds.every(other => other === feed || other.redirected === 0);
    return { ...feed, alone, shared: others.length === 0 ? null : sharedText(feed, others) };
  });
}

function feedOf(
  cell: CellView,
  map_id: number,
  rows: readonly RedirectRow[],
): Omit<Feed, 'shared' | 'alone'> {
  const devices = new Map<number, number>();
  for (const { to_ifindex, events } of rows)
    if (to_ifindex !== 0) devices.set(to_ifindex, (devices.get(to_ifindex) ?? 0) + events);
  const redirected = sum(rows, ({ events }) => events);
  return {
    name: cell.mapName({ map_id }),
    redirected,
    broadcast: redirected - sum([...devices.values()], packets => packets),
    devices,
  };
}

function meets(one: Omit<Feed, 'shared' | 'alone'>, other: Omit<Feed, 'shared' | 'alone'>): boolean {
  if (one.redirected === 0 || other.redirected === 0) return false;
  if (one.broadcast > 0 || other.broadcast > 0) return true;
  return [...one.devices.keys()].some(device => other.devices.has(device));
}

function sharedText({ name }: Pick<Feed, 'name'>, others: readonly Pick<Feed, 'name'>[]): string {
  const names = [...new Set([name, ...others.map(other => other.name || 'another redirect')])];
  return `${names.join(' and ')} lead to the same device, and xdp_devmap_xmit does not say which of them a frame came by`;
}
