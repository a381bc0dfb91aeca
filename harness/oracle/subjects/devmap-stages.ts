import { entryName, entryPrograms } from '../entry-programs.ts';
import type { CellView, Out, StageSpec } from '../subject.ts';
import { runsOf, sum } from '../tally.ts';
import type { Feed } from './devmap-feeds.ts';

/** Counts of frames on their way to devices. */
export type Flow = {
  readonly redirected: number;
  readonly sent: number;
  readonly drops: number;
};

/** A map's counts; without `sent` and `drops` where nothing tells its frames from those of others. */
export type MapFlow = Flow | Pick<Flow, 'redirected'>;

/** All frames of a cell on their way to devices. */
export type Total = Flow & {
  /** Frames beyond one per redirect. */
  readonly copies: number;
  /** Frames that were broadcast, and of which nobody knows what devices got. */
  readonly broadcast: number;
  /** Frames that were broadcast while no device could get them. */
  readonly no_device: number;
};

/**
 * The stages of frames that were redirected to devices. With programs of entries: `devmap`, `devmap_entry` (of the subject of that name) and `transmit`.
 * Without: one stage, and below it one for each map where every map's own counts are known and there are several.
 */
export function stagesOf(
  cell: CellView,
  feeds: readonly Feed[],
  maps: ReadonlyMap<string, MapFlow>,
  total: Total,
): StageSpec[] {
  if (cell.egress.length > 0) return withPrograms(cell, total);
  const flows = [...maps].filter(([, { redirected }]) => redirected > 0);
  const known = flows.flatMap(([name, flow]) => ('sent' in flow ? [{ name, ...flow }] : []));
  const used = feeds.filter(({ redirected }) => redirected > 0);
  // A transmit to a device that no redirect names is a copy of a broadcast: it is nobody's then.
  const whole = sum(known, one => one.sent + one.drops) === total.sent + total.drops;
  // A broadcast that ends nowhere that is known, or at no device: only the stage of all maps has a way out for it.
  const split =
    used.length > 1 && known.length === used.length && whole && total.broadcast + total.no_device === 0;
  if (!split)
    return [{ name: 'devmap', enters: copiesOf(total), out: { ...ways('devmap', total), ...ends(total) } }];
  const onward = known.map(({ name, redirected }): [string, Out] => [
    name,
    { packets: redirected, to: `devmap ${name}` },
  ]);
  return [
    { name: 'devmap', out: Object.fromEntries(onward) },
    ...known.map(({ name, ...flow }) => ({ name: `devmap ${name}`, out: ways(`devmap.maps.${name}`, flow) })),
  ];
}

/** Redirects to entries that have a program (events) are compared with its runs (fexit), then what it passed with what devices took. */
function withPrograms(cell: CellView, total: Total): StageSpec[] {
  const { redirected, copies, broadcast, no_device } = total;
  const toPrograms = framesForPrograms(cell, total);
  return [
    {
      name: 'devmap',
      enters: copiesOf(total),
      out: {
        programs: { packets: toPrograms, to: 'devmap_entry' },
        no_program: {
          packets: redirected + copies - toPrograms - broadcast - no_device,
          to: 'transmit',
        },
        ...ends(total),
      },
    },
    { name: 'transmit', out: ways('devmap', total) },
  ];
}

/**
 * Frames on their way to entries with a program, by the keys of xdp_redirect. Of an entry that had one at times, what the program did not
 * see went past it rightly. A broadcast has copies for entries that no event names: then all that the programs saw was for them.
 */
function framesForPrograms(cell: CellView, { copies, broadcast }: Total): number {
  const ran = runsOf(cell.egress);
  const rows = cell.redirects(cell.seen.programs).to('devmap');
  if (copies + broadcast > 0 || rows.some(({ to_ifindex }) => to_ifindex === 0)) return ran;
  const { always, sometimes } = entryPrograms(cell.variant, cell.seen.steps);
  const redirects = (entries: ReadonlySet<string>) =>
    sum(
      rows.filter(row => entries.has(entryName(cell.mapName(row), row.map_index))),
      ({ events }) => events,
    );
  const certain = redirects(always);
  return certain + Math.min(redirects(sometimes), Math.max(0, ran - certain));
}

function copiesOf({ copies }: Total): NonNullable<StageSpec['enters']> {
  return { 'devmap.copies': { packets: copies, claims: [] } };
}

function ends({ broadcast, no_device }: Total): Record<string, Out> {
  return {
    'devmap.broadcast': { packets: broadcast, ends: 'received' },
    'devmap.no_device': { packets: no_device, ends: 'lost' },
  };
}

function ways(name: string, { sent, drops }: Pick<Flow, 'sent' | 'drops'>): Record<string, Out> {
  const claims = (field: string) => [
    `devmap.${field}`,
    `devmap.device.*.${field}`,
    ...(name === 'devmap' ? [`devmap.maps.*.${field}`] : []),
    `raw.devmap.${field}`,
  ];
  return {
    [`${name}.sent`]: { packets: sent, ends: 'received', claims: claims('sent') },
    [`${name}.drops`]: { packets: drops, ends: 'lost', claims: claims('drops') },
  };
}
