import type { Counters } from '../model/counters.ts';
import type { Ledger, LedgerFault, Origin, Sink, Stage } from '../model/ledger.ts';
import type { Observations } from '../model/observations.ts';
import type { NameUse } from '../scenario/cel-names.ts';
import { lookUp } from './cel-values.ts';
import { joinStages, stages } from './ledger.ts';
import type { Account } from './subject.ts';
import { sum } from './tally.ts';

/** Draws up the account of one cell; `named` are the names that the expectations which apply to it bound. */
export function drawLedger(
  seen: Observations,
  accounts: readonly Account[],
  counters: Counters,
  named: readonly NameUse[],
): Ledger {
  if (seen.sources.length === 0) {
    const absent = 'no traffic: the scenario has no source that sent anything';
    return { stages: [], sinks: [], origins: [], identity: [], absent };
  }
  const all = stages(accounts);
  const shown = new Set(all.map(({ name }) => name));
  const specs = joinStages(accounts).filter(({ name }) => shown.has(name));
  const claimed = (packets: number, name: string, others: readonly string[] = []): boolean =>
    [name, ...others].some(claim => claimedBy(claim.split('.'), named, counters) >= packets);
  return {
    stages: all,
    sinks: specs.flatMap(({ out }) =>
      Object.entries(out).flatMap(([name, way]): Sink[] => {
        if ('to' in way) return [];
        const { packets, ends, claims } = way;
        const needed = ends !== 'delivered';
        return [
          { name, packets, claimed: claimed(packets, name, claims), needed, received: ends !== 'lost' },
        ];
      }),
    ),
    origins: specs.flatMap(({ enters }) =>
      Object.entries(enters).flatMap(([name, { packets, claims }]): Origin[] =>
        claims === undefined ? [] : [{ name, packets, claimed: claimed(packets, name, claims) }],
      ),
    ),
    identity: accounts.flatMap(({ identity = [] }) =>
      identity.map(({ claims, ...fault }) => ({
        ...fault,
        claimed: claimed(fault.packets, fault.name, claims),
      })),
    ),
    absent: null,
  };
}

/** What is wrong with an account: residuals, and losses and changed identities that no expectation names. */
export function ledgerFaults({ stages: all, sinks, origins, identity }: Ledger): LedgerFault[] {
  const residuals = all
    .filter(({ residual }) => residual !== 0)
    .map(({ name, in: into, residual }) => {
      const out = into - residual;
      const what = residual > 0 ? `${residual} are unaccounted for` : `${-residual} more than went in`;
      return { name, text: `ledger: stage ${name}: ${into} packets in, ${out} out, ${what}` };
    });
  const losses = sinks
    .filter(({ packets, claimed, needed }) => packets > 0 && !claimed && needed)
    .map(({ name, packets }) => {
      const { name: stage, in: into } = stageWith(all, ({ out }) => Object.hasOwn(out, name));
      const text = `ledger: stage ${stage} lost ${packets} of ${into} packets (${name}), which no expectation names`;
      return { name, text };
    });
  const extra = origins
    .filter(({ packets, claimed }) => packets > 0 && !claimed)
    .map(({ name, packets }) => {
      const { name: stage } = stageWith(all, ({ enters }) => Object.hasOwn(enters, name));
      const text = `ledger: stage ${stage} has ${packets} more packets (${name}), which no expectation names`;
      return { name, text };
    });
  const others = identity
    .filter(({ packets, claimed }) => packets > 0 && !claimed)
    .map(({ name, text }) => ({ name, text: `ledger: ${text}: ${name}, which no expectation names` }));
  return [...residuals, ...losses, ...extra, ...others];
}

/**
 * How many packets the names in expectations claim by one claim, which may have `*` for any key. The claim itself, and `*` named by
 * a computed index, claim all of them; a part, such as `xdp.redirect_errs.ENOSPC`, claims what it counts and no more.
 * -1: no name speaks of it.
 */
function claimedBy(claim: readonly string[], named: readonly NameUse[], counters: Counters): number {
  const speaking = named.filter(({ path }) =>
    claim.every((part, index) => path[index] !== undefined && (part === '*' || path[index] === part)),
  );
  if (speaking.length === 0) return -1;
  const parts = new Map(speaking.map(name => [name.path.join('.'), name]));
  const whole = speaking.some(({ path }) => path.every((part, index) => part === claim[index]));
  if (whole) return Infinity;
  return sum([...parts.values()], name => {
    const found = lookUp(counters, name);
    return 'value' in found && typeof found.value === 'number' ? found.value : 0;
  });
}

function stageWith(all: readonly Stage[], wanted: (stage: Stage) => boolean): Stage {
  const found = all.find(wanted);
  if (found === undefined) throw new TypeError('a sink or an origin that no stage has');
  return found;
}
