import type { Names } from './variants.ts';
import type { Leaf, Vocabulary } from './vocabulary.ts';

const NUMBER: Leaf = { kind: 'number', unit: 'packets', meaning: '' };

function branch(...names: string[]): Vocabulary[string] {
  return { kind: 'branch', meaning: '', words: Object.fromEntries(names.map(name => [name, NUMBER])) };
}

/** A small vocabulary for the tests of this layer, with a word of every kind. The real one is the oracle's. */
const VOCABULARY: Vocabulary = {
  sent: NUMBER,
  rx: branch('packets', 'dropped'),
  cpumap: {
    kind: 'branch',
    meaning: '',
    words: {
      accepted: NUMBER,
      ring_full: NUMBER,
      cpu: { kind: 'branch', meaning: '', words: { '*': branch('offered', 'accepted', 'ring_full') } },
    },
  },
  kthread: branch('processed', 'xdp_drop', 'xdp_pass'),
  xdp: branch('pass', 'redirect'),
  stack: branch('delivered'),
  log: { kind: 'list', unit: '', meaning: '' },
  variant: { kind: 'open', unit: '', meaning: '' },
  kernel: { kind: 'branch', meaning: '', words: { version: { kind: 'text', unit: '', meaning: '' } } },
  mode: { kind: 'text', unit: '', meaning: '' },
};

/** The same with a few names of ledger faults. */
export const NAMES: Names = { vocabulary: VOCABULARY, ledger: ['entry', 'devmap', 'devmap *'] };
