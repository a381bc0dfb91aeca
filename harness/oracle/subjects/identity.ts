import { FRAME_FIELDS } from '../../model/frame-fields.ts';
import type { Identities, Observations, StackRow } from '../../model/observations.ts';
import { joinStages, stages } from '../ledger.ts';
import type { Account, CellView, IdentityFault, Subject } from '../subject.ts';
import { sum } from '../tally.ts';
import { branch, number } from '../words.ts';
import { allSkbs, exactSkbs } from './stack.ts';
import { foreignPackets } from './wire.ts';

/** Which packets reached the stack, compared with which were sent. */
export const identity: Subject = {
  name: 'identity',
  title: 'Which packets reached the network stack, compared with those that were sent.',
  tables: [],
  semantics: [],
  faults: [],
  words: {
    identity: branch('Packets at tc ingress of device `rx` that are not those that were sent.', {
      missing: number(
        'packets',
        'Packets that did not arrive although no other count says where they ended: another came instead.',
      ),
      duplicated: number('packets', 'Packets that came more often than they were sent.'),
      reordered: number('packets', 'Packets that came after a higher number of their flow on their CPU.'),
      changed: number('skbs', 'skbs that are not byte for byte as sent, as `stack.mangled`.'),
      unsent: number('packets', 'Packets whose port or number no source sent.'),
    }),
  },
  account,
};

type Name = 'missing' | 'duplicated' | 'reordered' | 'changed' | 'unsent';

/** Names of other words that speak of a fault. */
const CLAIMS: Readonly<Record<Name, readonly string[]>> = {
  missing: ['stack.seq.distinct'],
  duplicated: ['stack.seq.duplicates', 'stack.seq.distinct'],
  reordered: ['stack.seq.inversions'],
  changed: ['stack.mangled', 'stack.exact'],
  unsent: [],
};

function account(cell: CellView, before: readonly Account[]): Account {
  const { identities, stack, opaque = null, explained = null } = cell.seen;
  const changed = allSkbs(stack) - exactSkbs(cell.seen);
  const changes = explained === null && opaque === null ? [changesFault(changed, stack)] : [];
  const hidden = opaque === null ? [] : ['identity.changed', 'stack.exact', 'stack.mangled'];
  const reason = whyNotCompared(cell.seen);
  if (reason !== null || identities === null || typeof identities === 'string') {
    const names = ['missing', 'duplicated', 'reordered', 'unsent'];
    return {
      counters: { identity: opaque === null ? { changed } : {} },
      stages: [],
      identity: changes,
      absent: Object.fromEntries([
        ...names.map(name => [`identity.${name}`, reason ?? '']),
        ...hidden.map(name => [name, opaque ?? '']),
      ]) as Record<string, string>,
    };
  }

  const due = expected(before) - foreignPackets(cell.seen);
  const counts = { ...countsOf(identities, stack, due), changed };
  const { duplicated, absent } = identities.examples;
  // Where nothing else is absent, the examples are the packets that are missing.
  const allMissing = counts.missing === identities.absent;
  // What a program gave another port arrived nevertheless.
  const renamed = explained === null ? 0 : sum(stack, ({ unclaimed }) => unclaimed);
  const missing = Math.max(0, counts.missing - renamed);
  return {
    counters: { identity: counts },
    stages: [],
    identity: [
      fault('duplicated', counts.duplicated, n => `${n} came more than once${listed(duplicated)}`),
      fault('missing', missing, n => `${n} missing${allMissing ? listed(absent) : ''}`),
      fault('unsent', counts.unsent - renamed, n => `${n} from a port or with a number that no source sent`),
      ...(keepsOrder(cell, identities)
        ? [fault('reordered', counts.reordered, n => `${n} came after a later one of the flow`)]
        : []),
      ...changes,
    ],
  };
}

/** Why packets are not told from one another; null: they are. */
function whyNotCompared({ identities, stack }: Observations): string | null {
  if (identities === null) return 'no source sends to `rx`';
  if (typeof identities === 'string') return identities;
  const merged = sum(stack, one => one.merged);
  return merged === 0 ? null : `GRO merged packets without a number into ${merged} skbs`;
}

/** Of an skb that GRO merged out of packets without a number nobody can say whether they are as sent. */
function changesFault(skbs: number, rows: readonly StackRow[]): IdentityFault {
  const changed = skbs - sum(rows, ({ merged }) => merged);
  const [where] = rows.flatMap(({ differs }) => (differs === 0 ? [] : [placeOf(differs)]));
  return fault('changed', changed, n => `${n} not as sent${where === undefined ? '' : ` (${where})`}`);
}

/** A packet that nobody knows stands for one that is absent: it is changed, and not missing. */
function countsOf({ matched, duplicated }: Identities, rows: readonly StackRow[], due: number) {
  return {
    missing: Math.max(0, due - matched - sum(rows, ({ strange }) => strange)),
    duplicated,
    reordered: sum(rows, ({ reordered }) => reordered),
    unsent: sum(rows, ({ unsent }) => unsent),
  };
}

/**
 * Packets that must have reached the stack: those that came into the account and ended nowhere else. What a stage did not account for is
 * a fault of that stage, and not another one here.
 */
function expected(before: readonly Account[]): number {
  const specs = joinStages(before);
  const entered = sum(
    specs.flatMap(({ enters }) => Object.values(enters)),
    ({ packets }) => packets,
  );
  const ended = specs.flatMap(({ out }) =>
    Object.values(out).flatMap(way => ('ends' in way && way.ends !== 'delivered' ? [way.packets] : [])),
  );
  const unaccounted = sum(stages(before), ({ residual }) => Math.max(0, residual));
  return entered - sum(ended, packets => packets) - unaccounted;
}

/**
 * A veth keeps the order of a flow, and so does a ring. The hub between virtio NICs does not once a receiving ring was full, and numbers
 * that were sent twice say nothing.
 */
function keepsOrder({ variant: { topology, changes } }: CellView, { once }: Identities): boolean {
  return topology === 'veth' && once && !changes.includes('order');
}

function fault(name: Name, packets: number, say: (packets: string) => string): IdentityFault {
  const text = say(`${packets} ${packets === 1 ? 'packet' : 'packets'}`);
  return { name: `identity.${name}`, packets, claims: CLAIMS[name], text };
}

function listed(examples: readonly string[]): string {
  return examples.length === 0 ? '' : ` (${examples.join(', ')})`;
}

/** BPFRIG_DIFFERS_* of bpf/bpfrig.h. */
const PLACES: Readonly<Record<number, string>> = {
  0x10000: 'VLAN tag',
  0x10001: 'length',
  0x10002: 'protocol or device',
  0x10003: 'source port',
  0x10004: 'bytes were put in or taken out',
  0x10005: 'no source sends such a frame',
};

/** Where a frame differs, in words. */
function placeOf(differs: number): string {
  const place = PLACES[differs];
  if (place !== undefined) return place;
  const byte = differs - 1;
  const [field] = Object.entries(FRAME_FIELDS).flatMap(([name, range]) =>
    range !== null && byte >= range[0] && byte < range[1] ? [name] : [],
  );
  return `byte ${byte}${field === undefined ? '' : `, ${field}`}`;
}
