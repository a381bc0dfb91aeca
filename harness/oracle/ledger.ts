import type { Stage } from '../model/ledger.ts';
import type { Account, Entrance, Out, StageSpec } from './subject.ts';
import { sum } from './tally.ts';

/** A stage as declared, with the ways out that other subjects added to it. */
export type JoinedStage = StageSpec & { readonly enters: Readonly<Record<string, Entrance>> };

/** The stages of all subjects in their order, each with what others joined to it. */
export function joinStages(accounts: readonly Account[]): JoinedStage[] {
  return accounts
    .flatMap(({ stages }) => stages)
    .map(spec => ({
      ...spec,
      enters: spec.enters ?? {},
      out: Object.assign({}, spec.out, ...accounts.map(({ joins }) => joins?.[spec.name])) as typeof spec.out,
    }));
}

/**
 * The account of every packet, stage by stage. Each stage compares counts that come from different places (device counters, fexit of
 * programs, tracepoints, tc ingress), so that a packet that one of them lost is a residual. Stages that no packet reached are left out.
 */
export function stages(accounts: readonly Account[]): Stage[] {
  const specs = joinStages(accounts);
  const ways = specs.flatMap(({ out }) => Object.values(out));
  return specs
    .map(spec => ({ spec, stage: stageOf(spec, ways) }))
    .filter(({ spec, stage: { in: into, out } }) => {
      return spec.always === true || into !== 0 || Object.values(out).some(n => n !== 0);
    })
    .map(({ stage }) => stage);
}

function stageOf({ name, enters, out }: JoinedStage, ways: readonly Out[]): Stage {
  const outside = sum(Object.values(enters), ({ packets }) => packets);
  const edges = ways.filter(way => 'to' in way && way.to === name);
  const into = outside + sum(edges, ({ packets }) => packets);
  const leaving = Object.entries(out);
  return {
    name,
    in: into,
    enters: Object.fromEntries(Object.entries(enters).map(([from, { packets }]) => [from, packets])),
    out: Object.fromEntries(leaving.map(([way, { packets }]) => [way, packets])),
    to: Object.fromEntries(leaving.flatMap(([way, one]) => ('to' in one ? [[way, one.to]] : []))),
    residual: into - sum(leaving, ([, { packets }]) => packets),
  };
}
