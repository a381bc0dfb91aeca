import type { ActionCounts, Counters, EnqueueRow, KthreadRow } from '../model/counters.ts';
import type { Kernel } from '../model/kernel.ts';
import type { Arrivals, Observations, ProgramReading, XdpMode } from '../model/observations.ts';
import type { ResolvedVariant } from '../scenario/scenario.ts';
import { BpfrigError } from '../util/errors.ts';
import { REDIRECT_ERRNOS, errnoName } from './errno.ts';
import { meaning } from './semantics.ts';
import { actionsOf, batchOf, consumedOf, flowOf, groupBy, sum } from './tally.ts';

/** Every counter of one cell under the names of `../scenario/vocabulary.ts`, without the results of steps. */
export type CellCounters = ReturnType<typeof count>;

/** What {@link normalise} needs to know of the kernel and of the variant. */
export type KernelFacts = Pick<Kernel, 'version' | 'series'>;
export type VariantFacts = Pick<ResolvedVariant, 'variant' | 'guest'>;

/**
 * Puts meaning into what was read from a guest, by the table of kernel semantics: the counters that expectations name.
 * Rows of maps and programs that are not this cell's are left out.
 *
 * Throws a BpfrigError with code `harness` when a device was read without its packet counters.
 */
export function normalise(seen: Observations, kernel: KernelFacts, variant: VariantFacts): Counters {
  return { ...count(seen, kernel, variant), ...seen.steps };
}

/** The counters without the results of steps, typed: what the ledger is drawn up from. */
export function count(seen: Observations, kernel: KernelFacts, variant: VariantFacts) {
  const mode = modeOf(seen.programs, variant);
  const mapNames = new Map(Object.entries(seen.maps).map(([name, id]) => [id, name]));
  const cpus = Array.from({ length: variant.guest.cpus }, (_, cpu) => String(cpu));
  const main = seen.programs.filter(({ role }) => role === 'main');
  const entry = seen.programs.filter(({ role }) => role === 'entry');
  const enqueue = seen.observers.enqueue.filter(({ map_id }) => mapNames.has(map_id));
  const kthread = seen.observers.kthread.filter(({ map_id }) => mapNames.has(map_id));
  const flow = (rows: readonly EnqueueRow[]) =>
    flowOf(rows, meaning('enqueue.processed', mode, kernel.version));
  const consumed = (rows: readonly KthreadRow[]) =>
    consumedOf(rows, meaning('kthread.drops', mode, kernel.version));
  const mapName = ({ map_id }: { map_id: number }) => mapNames.get(map_id) ?? '';
  const names = Object.keys(seen.maps);

  return {
    sent: sum(seen.sources, ({ sent }) => sent),
    source: {
      sent: sum(seen.sources, ({ sent }) => sent),
      errors: sum(seen.sources, ({ errors }) => errors),
      requested: sum(seen.sources, ({ requested }) => requested),
    },
    rx: device(seen, 'rx'),
    tx: device(seen, 'tx'),
    xdp: { total: ran(main), ...verdicts(seen, main) },
    cpumap: {
      ...flow(enqueue),
      batch: batchOf(enqueue),
      maps: groupBy(enqueue, names, mapName, flow),
      cpu: groupBy(enqueue, cpus, row => String(row.to_cpu), flow),
      from: groupBy(enqueue, cpus, row => String(row.cpu), flow),
    },
    kthread: {
      ...consumed(kthread),
      batch: batchOf(kthread),
      maps: groupBy(kthread, names, mapName, consumed),
      cpu: groupBy(kthread, cpus, row => String(row.cpu), consumed),
    },
    entry: { ran: ran(entry), ...verdicts(seen, entry) },
    devmap: devmapOf(seen, mode, kernel.version),
    stack: stackOf(seen, cpus),
    softnet: {
      cpu: groupBy(
        seen.softnet,
        cpus,
        row => String(row.cpu),
        rows => ({
          processed: sum(rows, ({ processed }) => processed),
          dropped: sum(rows, ({ dropped }) => dropped),
          time_squeeze: sum(rows, ({ time_squeeze }) => time_squeeze),
        }),
      ),
    },
    raw: {
      enqueue: totals(enqueue, ['processed', 'drops', 'events']),
      kthread: totals(kthread, [
        'processed',
        'drops',
        'sched',
        'xdp_pass',
        'xdp_drop',
        'xdp_redirect',
        'events',
      ]),
    },
    snmp: seen.snmp,
    devices: seen.devices,
    log: seen.log,
    variant: variant.variant,
    kernel: { version: kernel.version, series: kernel.series },
    mode,
  } satisfies Counters;
}

/** Where redirects of `programs` went, by the events xdp_redirect and xdp_redirect_err. */
export function redirectsOf(seen: Observations, programs: readonly ProgramReading[]) {
  const ids = new Set(programs.map(({ id }) => id));
  const cpumaps = new Set(Object.values(seen.maps));
  const rows = seen.observers.redirect.filter(({ prog_id }) => ids.has(prog_id));
  const toCpumap = (row: (typeof rows)[number]) => cpumaps.has(row.map_id) && row.to_ifindex === 0;
  const events = (wanted: (row: (typeof rows)[number]) => boolean) =>
    sum(rows.filter(wanted), row => row.events);
  return {
    rows,
    cpumap: events(row => row.err === 0 && toCpumap(row)),
    elsewhere: events(row => row.err === 0 && !toCpumap(row)),
    full: events(row => errnoName(row.err) === 'ENOSPC' && toCpumap(row)),
    errors: events(row => row.err !== 0),
  };
}

function verdicts(seen: Observations, programs: readonly ProgramReading[]) {
  const { rows, errors } = redirectsOf(seen, programs);
  const ids = new Set(programs.map(({ id }) => id));
  const failed = rows.filter(({ err }) => err !== 0);
  return {
    ...actionsOf(programs),
    redirect_ok: sum(
      rows.filter(({ err }) => err === 0),
      row => row.events,
    ),
    redirect_err: errors,
    redirect_errs: groupBy(
      failed,
      REDIRECT_ERRNOS,
      row => errnoName(row.err),
      all => sum(all, row => row.events),
    ),
    exceptions: sum(
      seen.observers.exception.filter(({ prog_id }) => ids.has(prog_id)),
      row => row.events,
    ),
  };
}

function ran(programs: readonly ProgramReading[]): number {
  return sum(programs, ({ actions }) =>
    sum(Object.values(actions as Record<keyof ActionCounts, number>), n => n),
  );
}

/** The mode of the main programs. Live frames are native; a cell without a main program goes by its axis `mode`. */
function modeOf(programs: readonly ProgramReading[], { variant }: VariantFacts): XdpMode {
  const modes = programs.filter(({ role }) => role === 'main').map(({ mode }) => mode);
  if (modes.length === 0) return variant['mode'] === 'generic' ? 'generic' : 'native';
  return modes.includes('generic') && !modes.includes('native') ? 'generic' : 'native';
}

function devmapOf(seen: Observations, mode: XdpMode, version: string) {
  if (meaning('redirect.devmap', mode, version) === 'redirects') {
    const redirected = redirectsOf(seen, seen.programs).elsewhere;
    return { sent: redirected, drops: 0, events: redirected };
  }
  const { devmap } = seen.observers;
  return {
    sent: sum(devmap, ({ sent }) => sent),
    drops: sum(devmap, ({ drops }) => drops),
    events: sum(devmap, ({ events }) => events),
  };
}

function device(seen: Observations, role: 'rx' | 'tx'): { packets: number; dropped: number } {
  const counters = seen.devices[role];
  if (counters === undefined) return { packets: 0, dropped: 0 };
  const [packets, dropped] = [counters[`${role}_packets`], counters[`${role}_dropped`]];
  if (packets === undefined || dropped === undefined) {
    throw new BpfrigError('harness', `device ${role} was read without ${role}_packets and ${role}_dropped`);
  }
  return { packets, dropped };
}

function stackOf({ stack, arrivals }: Observations, cpus: readonly string[]) {
  const skbs = sum(stack, row => row.skbs);
  const exact = sum(stack, row => row.exact);
  const seq = arrivals ?? NO_ARRIVALS;
  return {
    delivered: sum(stack, ({ frames }) => frames),
    bytes: sum(stack, ({ bytes }) => bytes),
    skbs,
    exact,
    mangled: skbs - exact,
    metas: sum(stack, ({ metas }) => metas),
    cpu: groupBy(
      stack,
      cpus,
      row => String(row.cpu),
      rows => sum(rows, ({ frames }) => frames),
    ),
    seq: { ...seq, duplicates: seq.count - seq.distinct },
  };
}

const NO_ARRIVALS: Arrivals = {
  count: 0,
  distinct: 0,
  min: 0,
  max: 0,
  inversions: 0,
  mod8: [],
  list: [],
  lost: 0,
};

function totals<T, K extends keyof T & string>(rows: readonly T[], keys: readonly K[]): Record<K, number> {
  return Object.fromEntries(keys.map(key => [key, sum(rows, row => Number(row[key]))])) as Record<K, number>;
}
