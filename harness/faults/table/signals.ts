import { constants } from 'node:os';
import type { Fault, Injection, LiveRun } from '../fault.ts';
import type { Place } from '../place.ts';
import { run, SLOW, WRONG } from '../scenarios.ts';

/** A moment in the life of a run. */
interface Moment {
  readonly name: string;
  readonly when: string;
  readonly at: (live: LiveRun, strike: (afterMs: number) => void) => void;
  readonly prepare?: (place: Place) => Promise<unknown>;
}

function onEvent(type: string, afterMs: number): Moment['at'] {
  return (live, strike) =>
    live.onEvent(event => {
      if (event.type === type) strike(afterMs);
    });
}

const MOMENTS: readonly Moment[] = [
  { name: 'start', when: '100 ms after the start', at: (_, strike) => strike(100) },
  { name: 'early', when: '400 ms after the start', at: (_, strike) => strike(400) },
  { name: 'plan', when: 'as the run begins', at: onEvent('run-start', 0) },
  { name: 'kernel', when: 'as the kernel is ready', at: onEvent('kernel-ready', 0) },
  {
    name: 'template',
    when: 'while a template boots',
    prepare: place => place.without('templates'),
    at: (live, strike) => live.onQemu(() => strike(1_000)),
  },
  { name: 'clone', when: "as a cell's QEMU starts", at: (live, strike) => live.onQemu(() => strike(50)) },
  { name: 'connect', when: '300 ms after it', at: (live, strike) => live.onQemu(() => strike(300)) },
  { name: 'traffic', when: '2 s after it', at: (live, strike) => live.onQemu(() => strike(2_000)) },
];

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function inject(place: Place, signal: NodeJS.Signals, moment: Moment): Injection {
  let struck = false;
  return {
    argv: run(place, SLOW),
    env: { BPFRIG_QEMU: place.announcedQemu() },
    during: live =>
      moment.at(live, afterMs => {
        if (!struck) live.signal(live.pid, signal, afterMs);
        struck = true;
      }),
  };
}

const ended: readonly Fault[] = SIGNALS.flatMap(signal =>
  MOMENTS.map((moment): Fault => ({
    name: `signal/${signal.toLowerCase()}-${moment.name}`,
    injected: `${signal} to bpfrig ${moment.when}`,
    verdict: [],
    exit: [128 + constants.signals[signal]],
    seconds: 20,
    words: [],
    sample: moment.name === 'traffic' || (signal === 'SIGINT' && moment.name === 'connect'),
    inject: async place => {
      await moment.prepare?.(place);
      return inject(place, signal, moment);
    },
  })),
);

const killed: readonly Fault[] = MOMENTS.filter(({ name }) =>
  ['kernel', 'template', 'connect', 'traffic'].includes(name),
).map((moment): Fault => ({
  name: `signal/sigkill-${moment.name}`,
  injected: `SIGKILL to bpfrig ${moment.when}`,
  verdict: [],
  exit: [137],
  seconds: 20,
  words: [],
  left: 'its temporary folder, which the next run removes; no process',
  inject: async place => {
    await moment.prepare?.(place);
    return inject(place, 'SIGKILL', moment);
  },
}));

/** Exits 128 + N of signals that bpfrig does not take over. */
const others: readonly Fault[] = (['SIGQUIT', 'SIGABRT', 'SIGUSR2', 'SIGALRM'] as const).map(
  (signal): Fault => ({
    name: `signal/${signal.toLowerCase()}`,
    injected: `${signal} to bpfrig in mid-cell`,
    verdict: [],
    exit: [128 + constants.signals[signal], 3],
    seconds: 20,
    words: [],
    left: 'its temporary folder, which the next run removes; no process',
    inject: place => inject(place, signal, MOMENTS.find(({ name }) => name === 'traffic') as Moment),
  }),
);

function twice(name: string, apartMs: number): Fault {
  return {
    name: `signal/${name}`,
    injected: `Ctrl-C twice, ${apartMs} ms apart`,
    verdict: [],
    exit: [130],
    seconds: 20,
    words: [],
    left: 'its temporary folder, which the next run removes; no process',
    sample: apartMs === 50,
    inject: place => ({
      argv: run(place, SLOW),
      env: { BPFRIG_QEMU: place.announcedQemu() },
      during: live => {
        live.onQemu(() => {
          live.signal(live.pid, 'SIGINT', 1_000);
          live.signal(live.pid, 'SIGINT', 1_000 + apartMs);
        });
      },
    }),
  };
}

/** A bpfrig that stood still must not blame the guest for having heard nothing. */
const asleep: Fault = {
  name: 'signal/sigstop-and-cont',
  injected: 'SIGSTOP to bpfrig in mid-cell, and SIGCONT 12 s later',
  verdict: ['fail'],
  exit: [1],
  seconds: 45,
  words: [/sent == 1/],
  sample: true,
  inject: place => ({
    argv: run(place, WRONG),
    env: { BPFRIG_QEMU: place.announcedQemu() },
    during: live => {
      live.onQemu(() => {
        live.signal(live.pid, 'SIGSTOP', 400);
        live.signal(live.pid, 'SIGCONT', 12_400);
      });
    },
  }),
};

/** Signals to bpfrig itself. */
export const SIGNAL_FAULTS: readonly Fault[] = [
  ...ended,
  ...killed,
  ...others,
  twice('ctrl-c-twice', 50),
  twice('ctrl-c-twice-later', 500),
  asleep,
];
