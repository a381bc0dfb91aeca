import { didYouMean } from '../util/nearest.ts';

/**
 * What expectations can name. `number` and `text` are leaves, `list` takes an index, `open` takes any key (a step's result,
 * ethtool statistics), `*` stands for a key that only the run knows: a CPU, a map's name. `../oracle/counters.ts` fills it in.
 */
type Word = 'number' | 'text' | 'list' | 'open' | { readonly [name: string]: Word };

const FLOW: Word = { offered: 'number', accepted: 'number', ring_full: 'number', events: 'number' };
const CONSUMED: Word = {
  processed: 'number',
  drops: 'number',
  alloc_drops: 'number',
  refused: 'number',
  xdp_pass: 'number',
  xdp_drop: 'number',
  xdp_redirect: 'number',
  sched: 'number',
  events: 'number',
};
const VERDICTS: Word = {
  pass: 'number',
  drop: 'number',
  tx: 'number',
  aborted: 'number',
  redirect: 'number',
  other: 'number',
  redirect_ok: 'number',
  redirect_err: 'number',
  redirect_errs: { '*': 'number' },
  exceptions: 'number',
};
const DEVICE: Word = { packets: 'number', dropped: 'number' };

const ARRIVALS: Word = {
  count: 'number',
  distinct: 'number',
  duplicates: 'number',
  min: 'number',
  max: 'number',
  inversions: 'number',
  mod8: 'list',
  list: 'list',
  lost: 'number',
};

/** Every name there is, as a tree. */
export const VOCABULARY = {
  sent: 'number',
  source: { sent: 'number', errors: 'number', requested: 'number' },
  rx: DEVICE,
  tx: DEVICE,
  xdp: { total: 'number', ...VERDICTS },
  cpumap: { ...FLOW, batch: 'list', maps: { '*': FLOW }, cpu: { '*': FLOW }, from: { '*': FLOW } },
  kthread: { ...CONSUMED, batch: 'list', maps: { '*': CONSUMED }, cpu: { '*': CONSUMED } },
  entry: { ran: 'number', ...VERDICTS },
  devmap: { sent: 'number', drops: 'number', events: 'number' },
  stack: {
    delivered: 'number',
    bytes: 'number',
    skbs: 'number',
    exact: 'number',
    mangled: 'number',
    metas: 'number',
    cpu: { '*': 'number' },
    seq: ARRIVALS,
  },
  softnet: { cpu: { '*': { processed: 'number', dropped: 'number', time_squeeze: 'number' } } },
  raw: {
    enqueue: { processed: 'number', drops: 'number', events: 'number' },
    kthread: {
      processed: 'number',
      drops: 'number',
      sched: 'number',
      xdp_pass: 'number',
      xdp_drop: 'number',
      xdp_redirect: 'number',
      events: 'number',
    },
  },
  snmp: 'open',
  devices: 'open',
  log: 'list',
  variant: 'open',
  kernel: { version: 'text', series: 'text' },
  mode: 'text',
} as const satisfies Record<string, Word>;

const LANGUAGE = 'cel true false null in sum size int string double has dyn type'.split(' ');

/** Names that a step's `as` cannot take: the vocabulary's and the expression language's. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([...Object.keys(VOCABULARY), ...LANGUAGE]);

/**
 * What is wrong with a name in an expression, or null. `path` is the name cut at its dots and indexes, `*` where the index is
 * computed; `own` are the names that the scenario's steps gave by `as`.
 */
export function unknownName(path: readonly string[], own: ReadonlySet<string>): string | null {
  const [root, ...rest] = path;
  if (root === undefined || own.has(root)) return null;
  let word: Word = VOCABULARY;
  const seen: string[] = [];
  for (const key of [root, ...rest]) {
    if (word === 'open' || word === 'list') return null;
    if (typeof word === 'string') return `\`${seen.join('.')}\` is a ${word}, it has no \`${key}\``;
    const next: Word | undefined = Object.hasOwn(word, key) ? word[key] : word['*'];
    if (next === undefined) {
      const names = seen.length === 0 ? [...Object.keys(word), ...own] : Object.keys(word);
      return `unknown name \`${[...seen, key].join('.')}\`${didYouMean(key, names)}`;
    }
    seen.push(key);
    word = next;
  }
  return null;
}
