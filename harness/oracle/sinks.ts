import type { Ledger, Sink, Stage } from '../model/ledger.ts';
import type { Observations } from '../model/observations.ts';
import type { NameUse } from '../scenario/cel-names.ts';
import type { ResolvedVariant } from '../scenario/scenario.ts';
import type { CellCounters } from './counters.ts';
import { stages } from './ledger.ts';

const RING_FULL = ['cpumap.*.*.ring_full', 'raw.enqueue.drops', 'xdp.redirect_errs.ENOSPC'];
const ENTRY_DROPS = ['kthread.xdp_drop', 'kthread.*.*.xdp_drop', 'raw.kthread.xdp_drop'];

/** Where packets end, and the names besides its own by which an expectation speaks of it. `*` is any key. */
const SINKS: Readonly<Record<string, readonly string[]>> = {
  'tx.dropped': ['source.errors', 'devices.tx.tx_dropped'],
  'xdp.drop': [],
  'xdp.tx': [],
  'xdp.aborted': [],
  'xdp.other': [],
  'xdp.redirect_err': ['xdp.redirect_errs'],
  'cpumap.ring_full': RING_FULL,
  'devmap.sent': [],
  'devmap.drops': [],
  'entry.drop': ENTRY_DROPS,
  'entry.tx': ENTRY_DROPS,
  'entry.aborted': ENTRY_DROPS,
  'entry.other': ENTRY_DROPS,
  'entry.redirect_err': ['entry.redirect_errs', ...ENTRY_DROPS],
  'kthread.alloc_drops': [
    'kthread.drops',
    'kthread.*.*.drops',
    'kthread.*.*.alloc_drops',
    'raw.kthread.drops',
  ],
  'stack.delivered': ['stack.cpu'],
};

/** The one sink that needs no claim: it is where packets are meant to end. */
const DELIVERED = 'stack.delivered';

/** Draws up the account of one cell; `named` are the names in the expectations that apply to it. */
export function drawLedger(
  seen: Observations,
  counters: CellCounters,
  variant: Pick<ResolvedVariant, 'setup' | 'traffic'>,
  named: readonly NameUse[],
): Ledger {
  if (seen.sources.length === 0) {
    return { stages: [], sinks: [], absent: 'no traffic: the scenario has no source that sent anything' };
  }
  const all = stages(seen, counters, variant);
  return { stages: all, sinks: sinksOf(all, named), absent: null };
}

/** What is wrong with an account, one line each: residuals, and losses that no expectation names. */
export function ledgerFaults({ stages: all, sinks }: Ledger): string[] {
  const residuals = all
    .filter(({ residual }) => residual !== 0)
    .map(({ name, in: into, residual }) => {
      const out = into - residual;
      const what = residual > 0 ? `${residual} are unaccounted for` : `${-residual} more than went in`;
      return `ledger: stage ${name}: ${into} packets in, ${out} out, ${what}`;
    });
  const losses = sinks
    .filter(({ name, packets, claimed }) => packets > 0 && !claimed && name !== DELIVERED)
    .map(({ name, packets }) => {
      const { name: stage, in: into } = stageOf(all, name);
      return `ledger: stage ${stage} lost ${packets} of ${into} packets (${name}), which no expectation names`;
    });
  return [...residuals, ...losses];
}

function sinksOf(all: readonly Stage[], named: readonly NameUse[]): Sink[] {
  return Object.entries(SINKS).flatMap(([name, others]) => {
    const holder = all.find(({ out }) => Object.hasOwn(out, name));
    if (holder === undefined) return [];
    const claimed = [name, ...others].some(claim =>
      named.some(({ path }) => speaksOf(path, claim.split('.'))),
    );
    return [{ name, packets: holder.out[name] ?? 0, claimed }];
  });
}

/** Whether a name in an expression is the claim or lies below it: `xdp.redirect_errs.ENOSPC` speaks of `xdp.redirect_errs`. */
function speaksOf(path: readonly string[], claim: readonly string[]): boolean {
  return claim.every((part, index) => path[index] !== undefined && (part === '*' || path[index] === part));
}

function stageOf(all: readonly Stage[], sink: string): Stage {
  const found = all.find(({ out }) => Object.hasOwn(out, sink));
  if (found === undefined) throw new TypeError(`no stage has sink ${sink}`);
  return found;
}
