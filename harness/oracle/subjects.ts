import type { WitnessEvent } from '../model/counters.ts';
import type { Names } from '../scenario/variants.ts';
import type { Vocabulary } from '../scenario/vocabulary.ts';
import type { SemanticsRow } from './semantics.ts';
import type { Subject } from './subject.ts';
import { captured } from './subjects/captured.ts';
import { cpumap } from './subjects/cpumap.ts';
import { devmap } from './subjects/devmap.ts';
import { devmapEntry } from './subjects/devmap-entry.ts';
import { entry } from './subjects/entry.ts';
import { identity } from './subjects/identity.ts';
import { objects } from './subjects/objects.ts';
import { stack } from './subjects/stack.ts';
import { traced } from './subjects/traced.ts';
import { wire } from './subjects/wire.ts';
import { xdp } from './subjects/xdp.ts';
import { xsk } from './subjects/xsk.ts';
import { witnessEvents, type Table } from './table.ts';
import { branch, open, list, sumWords, text } from './words.ts';

/** Every subject, in the order in which packets come by. */
export const SUBJECTS: readonly Subject[] = [
  wire,
  xdp,
  cpumap,
  entry,
  devmapEntry,
  devmap,
  xsk,
  stack,
  identity,
  captured,
  objects,
  traced,
];

/** Every observer table. */
export const TABLES: readonly Table[] = SUBJECTS.flatMap(({ tables }) => tables);

/** What the second witness counts. */
export const WITNESS_EVENTS: readonly WitnessEvent[] = witnessEvents(TABLES);

/** What fields of the kernel mean, by kernel and mode. */
export const SEMANTICS: readonly SemanticsRow[] = SUBJECTS.flatMap(({ semantics }) => semantics);

/** Names of faults of the ledger that are no words. */
const LEDGER_FAULTS: readonly string[] = SUBJECTS.flatMap(({ faults }) => faults);

/** Every name that expectations can use. */
export const VOCABULARY: Vocabulary = {
  ...Object.fromEntries(SUBJECTS.flatMap(({ words }) => Object.entries(words))),
  raw: branch(
    "Sums of the tracepoints' own fields, before any meaning is put into them.",
    Object.fromEntries(
      TABLES.filter(({ sums }) => Object.keys(sums).length > 0).map(table => [
        table.name,
        branch(`Fields of ${table.events.join(' and ')}.`, sumWords(table)),
      ]),
    ),
  ),
  log: list('', 'Lines of the kernel log since the cell began.'),
  variant: open("The cell's choice from each axis: `variant.nic`."),
  kernel: branch('The kernel; also `kernel.at_least("5.15")`.', {
    version: text('Upstream version: `6.12.117`.'),
    series: text('Series: `6.12`.'),
    arch: text('Architecture, by its name in Debian: `amd64`.'),
  }),
  mode: text("`native` or `generic`: the mode of the scenario's programs."),
};

/** What scenarios are checked against. */
export const NAMES: Names = { vocabulary: VOCABULARY, ledger: LEDGER_FAULTS };
