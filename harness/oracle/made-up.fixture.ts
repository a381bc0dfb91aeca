import { XDP_ACTIONS } from '../model/counters.ts';
import type { ActionCounts, Row, Tables } from '../model/counters.ts';
import type { Observations, ProgramReading, SourceReport, XdpMode } from '../model/observations.ts';
import { parseScenario, problemLines } from '../scenario/parse.ts';
import { yamlSource } from '../scenario/places.ts';
import type { ResolvedVariant, Scenario } from '../scenario/scenario.ts';
import { TABLES, NAMES } from './subjects.ts';
import { sumFields } from './table.ts';

/** Made-up observations for the oracle's tests: one device `rx`, one cpumap `cpus` with id 7, an entry on CPU 2. */
export const MAP_ID = 7;
const MAIN_ID = 40;
/** Id of the program of an entry. */
export const ENTRY_ID = 41;

export function actions(some: Partial<ActionCounts>): ActionCounts {
  return { ...(Object.fromEntries(XDP_ACTIONS.map(action => [action, 0])) as ActionCounts), ...some };
}

export function main(some: Partial<ActionCounts>, mode: XdpMode = 'native'): ProgramReading {
  return { name: 'redirect_to_cpu', id: MAIN_ID, role: 'main', mode, actions: actions(some) };
}

export function entry(some: Partial<ActionCounts>): ProgramReading {
  return { name: 'entry', id: ENTRY_ID, role: 'entry', mode: null, actions: actions(some) };
}

export function source(sent: number, some: Partial<SourceReport> = {}): SourceReport {
  return { source: 'pktgen', on: 'tx', requested: sent, sent, errors: 0, pps: 0, ...some };
}

/** A row of a table: what is not given is 0. */
export function row(table: string, some: Row): Row {
  const declared = TABLES.find(({ name }) => name === table);
  if (declared === undefined) throw new TypeError(`no table ${table}`);
  const fields = [...Object.keys(declared.keys), ...Object.keys(sumFields(declared))];
  const lists = declared.batch === undefined ? {} : { batch: [] };
  return { ...Object.fromEntries(fields.map(field => [field, 0])), ...lists, ...some };
}

export function enqueue(processed: number, drops = 0, some: Row = {}): Row {
  const events = processed + drops;
  return row('enqueue', { map_id: MAP_ID, cpu: 0, to_cpu: 2, events, processed, drops, ...some });
}

export function kthread(processed: number, some: Row = {}): Row {
  return row('kthread', { map_id: MAP_ID, cpu: 2, events: processed, processed, ...some });
}

export function redirected(events: number, some: Row = {}): Row {
  const where = { prog_id: MAIN_ID, ifindex: 3, to_ifindex: 0, map_id: MAP_ID, map_index: 2 };
  return row('redirect', { ...where, events, ...some });
}

/** Observations: what is not given is empty, and the devices carried what the sources sent. */
export function seen(
  some: Partial<Omit<Observations, 'observers' | 'stack'>> & {
    /** Rows by table. */
    readonly observers?: Tables;
    readonly delivered?: number;
  },
): Observations {
  const { observers, delivered = 0, ...rest } = some;
  const wire = (rest.sources ?? []).filter(({ source: kind }) => kind !== 'live');
  const sent = wire.reduce((total, one) => total + one.sent, 0);
  return {
    release: '6.12.0-test',
    sources: [],
    devices: { rx: { rx_packets: sent, rx_dropped: 0 }, tx: { tx_packets: sent, tx_dropped: 0 } },
    ifindex: { rx: 3, tx: 4 },
    programs: [],
    maps: { cpus: MAP_ID },
    mapTypes: { cpus: 'cpumap' },
    witness: null,
    softnet: [],
    snmp: {},
    steps: {},
    log: [],
    identities: null,
    ...rest,
    observers: { tables: { ...NO_ROWS, ...observers }, lost: 0 },
    arrivals: null,
    stack: delivered === 0 ? [] : [stackRow(delivered)],
  };
}

const NO_ROWS: Tables = Object.fromEntries(TABLES.map(({ name }) => [name, []]));

/** One CPU's row of the classifier at tc ingress, of frames that are all as sent. */
export function stackRow(frames: number) {
  const none = {
    foreign: 0,
    unnumbered: 0,
    strange: 0,
    merged: 0,
    metas: 0,
    ahead: 0,
    ahead_most: 0,
    differs: 0,
    unsent: 0,
    unclaimed: 0,
    reordered: 0,
    unordered: 0,
  };
  return { cpu: 2, frames, bytes: frames * 64, skbs: frames, exact: frames, ...none };
}

/** A scenario from its text; throws with all that is wrong with it. */
export function scenarioOf(text: string): Scenario {
  const file = { name: 't', file: 't.yaml', path: '/t.yaml' };
  const { scenario, problems } = parseScenario(yamlSource(text), file, NAMES);
  if (scenario === null) throw new Error(problemLines('t.yaml', problems).join('\n'));
  return scenario;
}

/** The first variant of a scenario with these expectations; the rest is a cpumap entry on CPU 2, a program that redirects into it, and traffic. */
export function variantOf(
  expect: readonly string[],
  options: { program?: string; more?: string } = {},
): ResolvedVariant {
  const program = options.program === undefined ? '' : `, program: ${options.program}`;
  const [variant] = scenarioOf(`
title: made up
source: cpumap.c
setup: [{ cpumap: { name: cpus, entries: { 2: { qsize: 512${program} } } } }, { attach: { program: redirect_to_cpu, to: rx, mode: native } }]
traffic: [{ pktgen: { on: tx, count: 100 } }]
expect: ${JSON.stringify(expect)}
${options.more ?? ''}
topology: veth`).variants;
  if (variant === undefined) throw new Error('no variant');
  return variant;
}
