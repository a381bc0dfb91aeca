import { entryName, entryPrograms } from '../entry-programs.ts';
import { meanings, type SemanticsRow } from '../semantics.ts';
import type { Account, CellView, Out, Subject } from '../subject.ts';
import { runsOf, sum, totals } from '../tally.ts';
import { branch, number } from '../words.ts';
import { KTHREAD } from './cpumap.ts';
import { VERDICT_WORDS, verdictsOf } from './xdp.ts';

const SEMANTICS = [
  {
    field: 'kthread.xdp_pass',
    mode: 'native',
    kernels: '*',
    means: 'counted',
    truth: 'cpu_map_bpf_prog_run_xdp: stats->pass++; 9216477449f3, 5.9',
  },
  {
    field: 'kthread.xdp_pass',
    mode: 'generic',
    kernels: '<6.15',
    means: 'never',
    truth:
      'cpu_map_bpf_prog_run_skb: case XDP_PASS only breaks; 11941f8a8536, 5.15. entry.pass has the count',
  },
  {
    field: 'kthread.xdp_pass',
    mode: 'generic',
    kernels: '>=6.15',
    means: 'counted',
    truth: 'cpu_map_bpf_prog_run_skb: stats->pass += pass; 4f8ab26a034f, 6.15. Seen on 6.18 and 7.3',
  },
] as const satisfies readonly SemanticsRow[];

const meaning = meanings(SEMANTICS);

/** Other names for what an entry's program dropped. They count aborted packets and failed redirects too, but say nothing about how many. */
const DROPS = [
  'kthread.xdp_drop',
  'kthread.maps.*.xdp_drop',
  'kthread.cpu.*.xdp_drop',
  'raw.kthread.xdp_drop',
];

/** The programs of cpumap entries, which run on the remote CPU. */
export const entry: Subject = {
  name: 'entry',
  title: 'What the programs of cpumap entries returned.',
  tables: [],
  semantics: SEMANTICS,
  faults: ['entry'],
  words: {
    entry: branch('Programs that the scenario put into cpumap entries, all of them together.', {
      ran: number('packets', 'Packets that the programs saw (fexit).'),
      ...VERDICT_WORDS,
    }),
  },
  account,
};

function account(cell: CellView): Account {
  const verdicts = verdictsOf(cell, cell.entry);
  const lost = (name: 'drop' | 'tx' | 'aborted' | 'other'): [string, Out] => [
    `entry.${name}`,
    { packets: verdicts[name], ends: 'lost', ...(name === 'drop' ? { claims: DROPS } : {}) },
  ];
  return {
    counters: { entry: { ran: runsOf(cell.entry), ...verdicts } },
    stages: [
      {
        name: 'entry',
        // A frame that went past its entry's program is in no way out: it is the residual.
        out: {
          pass: { packets: verdicts.pass, to: 'stack' },
          no_program: { packets: withoutProgram(cell), to: 'stack' },
          redirect: { packets: verdicts.redirect, to: 'redirect' },
          ...Object.fromEntries((['drop', 'tx', 'aborted', 'other'] as const).map(lost)),
        },
      },
    ],
    joins: {
      redirect: {
        'entry.redirect_err': {
          packets: cell.redirects(cell.entry).failed,
          ends: 'lost',
          claims: ['entry.redirect_errs'],
        },
      },
    },
    differences: differences(cell, verdicts.pass),
  };
}

/** Frames of entries without a program. Of an entry that had one at times, what its program did not see counts as such. */
function withoutProgram(cell: CellView): number {
  const { never, sometimes, plainMaps } = entryPrograms(cell.variant, cell.seen.steps);
  const rows = cell.rows(KTHREAD);
  const dequeued = (wanted: (map: string, entry: string) => boolean) =>
    sum(
      rows.filter(row => wanted(cell.mapName(row), entryName(cell.mapName(row), row.cpu))),
      ({ processed }) => processed,
    );
  // By map first: the kthread of a CPU that went offline runs on another, which is no entry's.
  const without = dequeued((map, one) => plainMaps.has(map) || never.has(one));
  const unseen = Math.max(0, sum(rows, row => row.processed) - without - runsOf(cell.entry));
  return (
    without +
    Math.min(
      dequeued((_, one) => sometimes.has(one)),
      unseen,
    )
  );
}

/**
 * The kthread event's xdp_* fields compared with what the programs returned (fexit). A redirect that fails is in xdp_drop, so that only
 * the sum can be compared.
 */
function differences(cell: CellView, pass: number): string[] {
  const { xdp_pass, xdp_drop, xdp_redirect } = totals(KTHREAD, cell.rows(KTHREAD));
  const uncounted = meaning('kthread.xdp_pass', cell.mode, cell.version) === 'never' ? pass : 0;
  const events = xdp_pass + xdp_drop + xdp_redirect;
  const returned = runsOf(cell.entry) - uncounted;
  if (events === returned) return [];
  return [
    `kthread events have xdp_pass + xdp_drop + xdp_redirect = ${events}, the entries' programs returned ${returned}`,
  ];
}
