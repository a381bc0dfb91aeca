import type { Stage } from '../model/ledger.ts';
import type { Observations } from '../model/observations.ts';
import type { ResolvedVariant } from '../scenario/scenario.ts';
import { redirectsOf } from './counters.ts';
import type { CellCounters } from './counters.ts';
import { entryName, entryPrograms } from './entry-programs.ts';
import { meaning } from './semantics.ts';
import { sum } from './tally.ts';

type Steps = Pick<ResolvedVariant, 'setup' | 'traffic'>;

/**
 * The account of every packet, stage by stage. Each stage holds two counts against each other that come from different places
 * (device counters, fexit of programs, tracepoints, tc ingress), so that a packet that one of them lost is a residual.
 */
export function stages(seen: Observations, counters: CellCounters, steps: Steps): Stage[] {
  const attached = seen.programs.some(({ role }) => role === 'main');
  const all = [
    wire(seen, counters),
    ...(attached ? [xdp(seen, counters)] : []),
    redirect(seen, counters),
    cpumap(seen, counters),
    devmap(seen, counters),
    stage('kthread', counters.cpumap.accepted, { dequeued: counters.kthread.processed }),
    entry(seen, counters, steps),
    stack(seen, counters, steps, attached),
  ];
  const basic = new Set(['wire', 'xdp', 'stack']);
  return all.filter(
    ({ name, in: into, out }) => basic.has(name) || into !== 0 || Object.values(out).some(n => n !== 0),
  );
}

/** Frames that did not come over the wire: live frames, and what pktgen put into the receiving side itself. */
function injected(seen: Observations): number {
  return sum(seen.sources.filter(isInjector), ({ sent }) => sent);
}

function isInjector({ source, on }: Observations['sources'][number]): boolean {
  return source === 'live' || on === 'rx';
}

/**
 * `sent` are the frames that the device took. A frame that it dropped is in tx_dropped; where the source was told so (veth since
 * 151e887d8ff9, 6.6, in 6.1 and 5.10 too) it is in the source's errors and not in `sent`, and the source sent another.
 */
function wire(seen: Observations, { rx, tx }: CellCounters): Stage {
  const sources = seen.sources.filter(source => !isInjector(source));
  const told = sum(sources, ({ errors }) => errors);
  return stage(
    'wire',
    sum(sources, ({ sent }) => sent),
    {
      'rx.packets': rx.packets,
      'tx.dropped': Math.max(0, tx.dropped - told),
    },
  );
}

function xdp(seen: Observations, { rx, xdp: main }: CellCounters): Stage {
  return stage('xdp', rx.packets + injected(seen), {
    redirect: main.redirect,
    pass: main.pass,
    'xdp.drop': main.drop,
    'xdp.tx': main.tx,
    'xdp.aborted': main.aborted,
    'xdp.other': main.other,
  });
}

/** Verdicts (fexit) against the events of redirects, of main programs and of entries' programs alike. */
function redirect(seen: Observations, counters: CellCounters): Stage {
  const main = redirectsOf(
    seen,
    seen.programs.filter(({ role }) => role === 'main'),
  );
  const entries = redirectsOf(
    seen,
    seen.programs.filter(({ role }) => role === 'entry'),
  );
  const full = toFullRing(counters);
  return stage('redirect', counters.xdp.redirect + counters.entry.redirect, {
    cpumap: main.cpumap + entries.cpumap + full(main) + full(entries),
    devmap: main.elsewhere + entries.elsewhere,
    'xdp.redirect_err': main.errors - full(main),
    'entry.redirect_err': entries.errors - full(entries),
  });
}

/** Redirect errors that only say that the ring was full: those frames are in the ring's own count. */
function toFullRing({ mode, kernel }: CellCounters): (redirects: { full: number }) => number {
  const ringFull = meaning('redirect_err.ENOSPC', mode, kernel.version) === 'ring-full';
  return ({ full }) => (ringFull ? full : 0);
}

function cpumap(seen: Observations, counters: CellCounters): Stage {
  const redirects = redirectsOf(seen, seen.programs);
  return stage('cpumap', redirects.cpumap + toFullRing(counters)(redirects), {
    accepted: counters.cpumap.accepted,
    'cpumap.ring_full': counters.cpumap.ring_full,
  });
}

function devmap(seen: Observations, { devmap: sent }: CellCounters): Stage {
  return stage('devmap', redirectsOf(seen, seen.programs).elsewhere, {
    'devmap.sent': sent.sent,
    'devmap.drops': sent.drops,
  });
}

/** A frame that went past its entry's program is in no way out: it is the residual. */
function entry(seen: Observations, counters: CellCounters, steps: Steps): Stage {
  const { kthread, entry: program } = counters;
  return stage('entry', kthread.processed, {
    pass: program.pass,
    no_program: pastEntries(seen, counters, steps),
    redirect: program.redirect,
    'entry.drop': program.drop,
    'entry.tx': program.tx,
    'entry.aborted': program.aborted,
    'entry.other': program.other,
  });
}

/** Frames of entries without a program. Of an entry that had one at times, what its program did not see counts as such. */
function pastEntries(seen: Observations, { kthread, entry: program }: CellCounters, steps: Steps): number {
  const { never, sometimes, plainMaps } = entryPrograms(steps, seen.steps);
  const names = new Map(Object.entries(seen.maps).map(([name, id]) => [id, name]));
  const dequeued = (wanted: (map: string, entry: string) => boolean) =>
    sum(
      seen.observers.kthread.filter(({ map_id, cpu }) => {
        const map = names.get(map_id) ?? '';
        return wanted(map, entryName(map, cpu));
      }),
      ({ processed }) => processed,
    );
  // By map first: the kthread of a CPU that went offline runs on another, which is no entry's.
  const without = dequeued((map, entry) => plainMaps.has(map) || never.has(entry));
  const unseen = Math.max(0, kthread.processed - without - program.ran);
  return (
    without +
    Math.min(
      dequeued((_, entry) => sometimes.has(entry)),
      unseen,
    )
  );
}

function stack(seen: Observations, counters: CellCounters, steps: Steps, attached: boolean): Stage {
  const { xdp: main, entry: program, kthread, stack: delivered, rx } = counters;
  const direct = attached ? main.pass : rx.packets + injected(seen);
  return stage('stack', direct + program.pass + pastEntries(seen, counters, steps), {
    'stack.delivered': delivered.delivered,
    'kthread.alloc_drops': kthread.alloc_drops,
  });
}

function stage(name: string, into: number, out: Readonly<Record<string, number>>): Stage {
  return { name, in: into, out, residual: into - sum(Object.values(out), n => n) };
}
