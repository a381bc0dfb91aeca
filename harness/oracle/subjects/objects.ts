import type { ObjectReadings } from '../../model/observations.ts';
import type { Account, CellView, Subject } from '../subject.ts';
import { branch, each, number, open } from '../words.ts';

const NOTHING: ObjectReadings = { maps: {}, globals: {}, events: {}, programs: {}, lost: {}, absent: {} };

/** What the scenario's own objects hold: maps, global variables, records of ring buffers, programs. */
export const objects: Subject = {
  name: 'objects',
  title: "What the scenario's own objects hold and report: only what an expectation names is read.",
  tables: [],
  semantics: [],
  faults: [],
  words: {
    maps: open(
      'Entries of a map, decoded by its types: `maps.OBJECT.MAP[key]`; of a per-CPU map a list with the value of each possible CPU, whose `.sum()` is that of all. `maps.OBJECT.MAP.size`: the number of entries.',
    ),
    globals: open('Global variables, decoded by their types: `globals.OBJECT.VARIABLE`.'),
    events: open(
      'Records of a ring buffer or a perf event array, a list in the order in which they came: `events.OBJECT.MAP`.',
    ),
    programs: each('What the kernel reports of a program: `programs.OBJECT.PROGRAM`.', {
      '*': branch('', {
        run_count: number('runs', 'Runs, with bpf_stats_enabled from the start of the traffic on.'),
        run_time_ns: number('ns', 'Time of these runs together.'),
        verified_insns: number(
          'instructions',
          'Instructions that the verifier processed; the kernel reports them since 5.16.',
        ),
        jited_bytes: number('bytes', 'Machine code; 0 without the JIT compiler.'),
      }),
    }),
  },
  account,
};

function account({ seen }: CellView): Account {
  const { maps, globals, events, programs, absent } = seen.objects ?? NOTHING;
  return { counters: { maps, globals, events, programs }, stages: [], absent };
}
