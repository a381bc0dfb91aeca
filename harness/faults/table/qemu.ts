import type { Fault, LiveRun } from '../fault.ts';
import type { Place } from '../place.ts';
import { run, SLOW, WRONG } from '../scenarios.ts';

/** Milliseconds after the start of QEMU at which a clone is killed: thirty moments from its start to the end of a cell of three seconds. */
const KILL_AT = [
  0, 10, 20, 30, 40, 50, 60, 80, 100, 120, 140, 160, 180, 200, 230, 260, 300, 350, 400, 450, 500, 600, 700,
  850, 1_000, 1_200, 1_500, 1_800, 2_200, 2_700,
] as const;

/** The same for one that boots to become a template. */
const KILL_BOOT_AT = [0, 100, 400, 1_000, 2_000, 3_000] as const;

const STOP_AT = [0, 30, 100, 300, 1_000, 2_000] as const;

/** Every one of a run: the clone of the first try, that of the second, and what is booted where cloning fails. */
function signalEach(live: LiveRun, signal: NodeJS.Signals, afterMs: number): void {
  live.onQemu(pid => live.signal(pid, signal, afterMs));
}

function name(ms: number): string {
  return String(ms).padStart(4, '0');
}

const killed: readonly Fault[] = KILL_AT.map(ms => ({
  name: `qemu/killed-at-${name(ms)}-ms`,
  injected: `SIGKILL to each QEMU ${ms} ms after its start`,
  verdict: ['infra'],
  exit: [3],
  seconds: 30,
  words: [/QEMU/, ...(ms > 400 ? [/SIGKILL/] : []), /earlier try: infra/],
  sample: [0, 120, 500, 1_500].includes(ms),
  inject: place => ({
    argv: run(place, SLOW),
    env: { BPFRIG_QEMU: place.announcedQemu() },
    during: live => signalEach(live, 'SIGKILL', ms),
  }),
}));

const killedBoots: readonly Fault[] = KILL_BOOT_AT.map(ms => ({
  name: `qemu/killed-in-boot-at-${name(ms)}-ms`,
  injected: `SIGKILL to each QEMU that boots to become a template, ${ms} ms after its start`,
  verdict: ['infra'],
  exit: [3],
  seconds: 45,
  words: [/QEMU/],
  inject: async place => {
    await place.without('templates');
    return {
      argv: run(place, SLOW),
      env: { BPFRIG_QEMU: place.announcedQemu() },
      during: live => signalEach(live, 'SIGKILL', ms),
    };
  },
}));

const stopped: readonly Fault[] = STOP_AT.map(ms => ({
  name: `qemu/stopped-at-${name(ms)}-ms`,
  injected: `SIGSTOP to each QEMU ${ms} ms after its start`,
  verdict: ['infra', 'hang'],
  exit: [1, 3],
  seconds: 60,
  words: [/QEMU|sign of life/],
  sample: ms === 30,
  inject: place => ({
    argv: run(place, SLOW),
    env: { BPFRIG_QEMU: place.announcedQemu() },
    during: live => signalEach(live, 'SIGSTOP', ms),
  }),
}));

const otherSignals: readonly Fault[] = (['SIGSEGV', 'SIGABRT', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const).map(
  signal => ({
    name: `qemu/${signal.toLowerCase()}`,
    injected: `${signal} to each QEMU in mid-cell`,
    verdict: ['infra'],
    exit: [3],
    seconds: 30,
    words: [/QEMU/, new RegExp(`${signal}|signal|host`)],
    inject: place => ({
      argv: run(place, SLOW),
      env: { BPFRIG_QEMU: place.announcedQemu() },
      during: live => signalEach(live, signal, 1_500),
    }),
  }),
);

/** A QEMU in whose place a script stands. */
function scripted(
  name: string,
  injected: string,
  words: readonly RegExp[],
  qemu: (place: Place) => string,
  more: Partial<Fault> = {},
): Fault {
  return {
    name: `qemu/${name}`,
    injected,
    verdict: ['infra'],
    exit: [3],
    seconds: 45,
    words,
    ...more,
    inject: place => ({ argv: run(place, SLOW), env: { BPFRIG_QEMU: qemu(place) } }),
  };
}

const VERSION = 'case "${1:-}" in -version | --version) exec "$QEMU" "$@" ;; esac';
const NOT_JUDGED = { verdict: [] } as const;

const scripts: readonly Fault[] = [
  scripted(
    'absent',
    'BPFRIG_QEMU names no file',
    [/qemu/i, /install|does not run|doctor/],
    () => '/no/such/qemu',
    NOT_JUDGED,
  ),
  scripted(
    'not-executable',
    'BPFRIG_QEMU names a file without the x bit',
    [/cannot be started|EACCES/],
    place => place.write('plain', 'text'),
    NOT_JUDGED,
  ),
  scripted(
    'too-old',
    '--version answers 2.5.0',
    [/2\.5\.0/, /older|at least|needs/],
    place =>
      place.qemu(
        'case "${1:-}" in --version) echo "QEMU emulator version 2.5.0"; exit ;; esac\nexec "$QEMU" "$@"',
      ),
    { ...NOT_JUDGED, sample: true },
  ),
  scripted(
    'version-hangs',
    '--version never returns',
    [/--version|version/, /\d+ m?s/],
    place => place.qemu('exec sleep 1000'),
    { ...NOT_JUDGED, sample: true },
  ),
  scripted(
    'version-garbage',
    '--version prints binary data',
    [/qemu/i],
    place => place.qemu('head -c 1000 /dev/urandom'),
    NOT_JUDGED,
  ),
  scripted('version-fails', '--version exits with 1', [/qemu/i], place => place.qemu('exit 1'), NOT_JUDGED),
  scripted(
    'refuses-arguments',
    'every start ends with `invalid option`',
    [/invalid option/],
    place =>
      place.qemu(`${VERSION}\necho "qemu-system-x86_64: -device nonsense: invalid option" >&2; exit 1`),
    { sample: true },
  ),
  scripted('exits-at-once', 'every start exits with 0 and no word', [/QEMU/], place =>
    place.qemu(`${VERSION}\nexit 0`),
  ),
  scripted('crashes-at-once', 'every start ends by SIGSEGV', [/QEMU/], place =>
    place.qemu(`${VERSION}\nkill -SEGV $$`),
  ),
  scripted('talks-on-stderr', 'every start prints 50 MB on stderr and fails', [/QEMU/], place =>
    place.qemu(`${VERSION}\nyes nonsense | head -c 50000000 >&2; exit 1`),
  ),
  scripted('mute', 'every start runs and opens no socket', [/QMP/, /within \d+|\d+ s/], place =>
    place.fakeQemu('mute'),
  ),
  scripted('silent', 'QMP accepts and says nothing', [/QMP/], place => place.fakeQemu('silent'), {
    sample: true,
  }),
  scripted('garbage', 'QMP and the agent send binary data', [/QMP/], place => place.fakeQemu('garbage'), {
    sample: true,
  }),
  scripted(
    'slow-start',
    'QEMU starts 15 s late',
    [/QMP|QEMU/, /\d+ m?s/],
    place => place.qemu(`${VERSION}\nsleep 15; exec "$QEMU" "$@"`),
    { seconds: 60 },
  ),
  scripted('no-memory', 'QEMU may have 200 MB of address space', [/memory|alloc|QEMU/i], place =>
    place.qemu(`${VERSION}\nulimit -v 200000; exec "$QEMU" "$@"`),
  ),
  scripted('no-descriptors', 'QEMU may open eight files', [/QEMU/], place =>
    place.qemu(`${VERSION}\nulimit -n 8; exec "$QEMU" "$@"`),
  ),
];

/** A console of 100 MB is the guest's or nobody's fault: the scenario's own verdict must come through. */
const flooded: Fault = {
  name: 'qemu/console-flooded',
  injected: '100 MB of text come out of the console within a second',
  verdict: ['fail', 'error', 'infra'],
  exit: [1, 3],
  seconds: 45,
  words: [/sent == 1|console/],
  inject: place => ({ argv: run(place, WRONG), env: { BPFRIG_QEMU: place.fakeQemu('flood') } }),
};

/** QEMU's process: ended, stopped, absent, silent. */
export const QEMU_FAULTS: readonly Fault[] = [
  ...killed,
  ...killedBoots,
  ...stopped,
  ...otherSignals,
  ...scripts,
  flooded,
];
