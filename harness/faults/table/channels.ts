import type { Fault, RedVerdict } from '../fault.ts';
import { run, SLOW } from '../scenarios.ts';

interface Row {
  readonly damage: string;
  readonly injected: string;
  /** How many answers are right before. */
  readonly after: number;
  readonly verdict?: readonly RedVerdict[];
  readonly sample?: boolean;
}

/** QMP and the agent's channel are damaged in the same ways by fake-qemu.ts, as QEMU starts and later. */
const ROWS: readonly Row[] = [
  { damage: 'close', injected: 'is closed', after: 0 },
  { damage: 'close', injected: 'is closed', after: 3, sample: true },
  { damage: 'half-line-close', injected: 'is closed within a line', after: 2 },
  { damage: 'half-line', injected: 'ends within a line and stays open', after: 2 },
  { damage: 'silence', injected: 'falls silent', after: 0 },
  { damage: 'silence', injected: 'falls silent', after: 3 },
  { damage: 'long-line', injected: 'sends 10 MB without the end of a line', after: 2, sample: true },
  { damage: 'long-message', injected: 'sends lines of 10 MB', after: 2 },
  { damage: 'binary', injected: 'sends every byte there is', after: 1 },
  { damage: 'wrong-ids', injected: 'answers with ids of nobody', after: 1, sample: true },
  { damage: 'no-ids', injected: 'answers without ids', after: 1 },
  { damage: 'null', injected: 'answers `null`', after: 1 },
  { damage: 'array', injected: 'answers an array', after: 1 },
  { damage: 'number', injected: 'answers a number', after: 1 },
  { damage: 'text', injected: 'answers a string where an object belongs', after: 1 },
  { damage: 'error-text', injected: 'answers an error that is a string', after: 1, sample: true },
  { damage: 'refuse', injected: 'refuses everything', after: 1 },
];

function rows(channel: 'qmp' | 'agent', words: readonly RegExp[], silent: readonly RedVerdict[]): Fault[] {
  return ROWS.map(({ damage, injected, after, sample = false }) => ({
    name: `${channel}/${damage}-after-${after}`,
    injected: `${channel === 'qmp' ? 'QMP' : "the agent's channel"} ${injected} after ${after} answers`,
    verdict: ['infra', 'error', ...(/silence|half-line$/.test(damage) ? silent : [])],
    exit: silent.length > 0 && /silence|half-line$/.test(damage) ? [1, 3] : [3],
    seconds: 60,
    words,
    sample,
    inject: place => ({
      argv: run(place, SLOW),
      env: { BPFRIG_QEMU: place.fakeQemu(channel, damage, String(after)) },
    }),
  }));
}

/** What comes through QEMU's two sockets. A guest that falls silent hangs; whoever says nonsense does not. */
export const CHANNEL_FAULTS: readonly Fault[] = [
  ...rows('qmp', [/QMP|QEMU/], []),
  ...rows('agent', [/agent|sign of life|answer/], ['hang']),
];
