import type { Arrivals, Observations, StackRow } from '../../model/observations.ts';
import type { Account, CellView, Subject } from '../subject.ts';
import { groupBy, sum } from '../tally.ts';
import { branch, each, list, number, numbers, open } from '../words.ts';
import { foreignPackets, injected } from './wire.ts';

/** What reached the stack: tc ingress on the receiving device, and the stack's own statistics. */
export const stack: Subject = {
  name: 'stack',
  title: 'What reached the network stack of the receiving device, by a classifier at tc ingress.',
  tables: [],
  semantics: [],
  faults: ['stack'],
  words: {
    stack: branch('Frames of the sources at tc ingress of device `rx`, whatever programs did to them.', {
      delivered: number('packets', 'Frames; a merged skb counts as many as are in it.'),
      foreign: number(
        'packets',
        'Frames that a kernel sends by itself (ARP, IGMP, MLD, neighbour discovery, errors of ICMP) and no source does; not in `delivered`.',
      ),
      bytes: number('bytes', 'Their lengths added up.'),
      skbs: number('skbs', 'Socket buffers; fewer than `delivered` where GRO merged frames.'),
      exact: number(
        'skbs',
        'skbs whose every byte, VLAN tag, length, protocol and device is that of the frame sent; what the scenario `changes` is left out.',
      ),
      mangled: number('skbs', '`skbs` without `exact`.'),
      metas: number('skbs', 'skbs whose metadata is their sequence number.'),
      cpu: numbers('packets', '`delivered` by CPU.'),
      seq: branch('Sequence numbers of the frames; of a merged skb the first one.', {
        count: number('packets', 'Frames that are in the log.'),
        distinct: number('packets', 'Pairs of flow and number that differ.'),
        duplicates: number('packets', '`count` without `distinct`.'),
        min: number('', 'Smallest number; 0 without frames.'),
        max: number('', 'Largest number; 0 without frames.'),
        inversions: number('packets', 'Frames that came after a higher number of their flow on their CPU.'),
        mod8: list('packets', 'mod8[n]: frames whose number leaves n when divided by 8.'),
        list: list('', 'The first numbers of each CPU, CPU by CPU.'),
        lost: number('packets', 'Frames for which the log had no room.'),
      }),
    }),
    softnet: branch('/proc/net/softnet_stat.', {
      cpu: each('By CPU.', {
        processed: number('packets', 'First column: packets processed.'),
        dropped: number('packets', 'Second column: packets dropped because the backlog was full.'),
        time_squeeze: number('events', 'Third column: times that net_rx_action ran out of budget or time.'),
      }),
    }),
    snmp: open('/proc/net/snmp, as `UdpNoPorts`.'),
  },
  account,
};

function account({ seen, cpus, main }: CellView): Account {
  const delivered = sum(seen.stack, ({ frames }) => frames);
  const foreign = foreignPackets(seen);
  return {
    counters: { stack: stackOf(seen, cpus), softnet: { cpu: softnetOf(seen, cpus) }, snmp: seen.snmp },
    stages: [
      {
        name: 'stack',
        always: true,
        // Without a program on the device, live frames and the wire's frames come here at once.
        ...(main.length === 0 ? { enters: { injected: { packets: injected(seen) } } } : {}),
        out: {
          'stack.delivered': { packets: delivered, ends: 'delivered', claims: ['stack.cpu'] },
          ...(foreign === 0 ? {} : { 'stack.foreign': { packets: foreign, ends: 'delivered' } }),
        },
      },
    ],
  };
}

/**
 * skbs that are byte for byte as sent. pktgen writes an IP id for each frame that it makes; those that the device refused are errors of
 * the source, and the ids of later frames are higher by as many.
 */
export function exactSkbs({ stack: rows, sources }: Observations): number {
  const errors = sum(sources, source => source.errors);
  return sum(rows, ({ exact, ahead, ahead_most: most }) => exact + (most <= errors ? ahead : 0));
}

/** All skbs of sources: with a number, and without. */
export function allSkbs(rows: readonly StackRow[]): number {
  return sum(rows, ({ skbs, unnumbered }) => skbs + unnumbered);
}

function stackOf(seen: Observations, cpus: readonly string[]) {
  const { stack: rows, arrivals } = seen;
  const skbs = allSkbs(rows);
  const exact = exactSkbs(seen);
  const seq = arrivals ?? NO_ARRIVALS;
  return {
    delivered: sum(rows, ({ frames }) => frames),
    foreign: foreignPackets(seen),
    bytes: sum(rows, ({ bytes }) => bytes),
    skbs,
    // Without a value where nobody knows what was sent: `identity` says why.
    ...(seen.opaque == null ? { exact, mangled: skbs - exact } : {}),
    metas: sum(rows, ({ metas }) => metas),
    cpu: groupBy(
      rows,
      cpus,
      row => String(row.cpu),
      some => sum(some, ({ frames }) => frames),
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

function softnetOf({ softnet }: Observations, cpus: readonly string[]) {
  return groupBy(
    softnet,
    cpus,
    row => String(row.cpu),
    rows => ({
      processed: sum(rows, ({ processed }) => processed),
      dropped: sum(rows, ({ dropped }) => dropped),
      time_squeeze: sum(rows, row => row.time_squeeze),
    }),
  );
}
