import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { RunEvent } from '../model/events.ts';
import { needsOf } from '../kernel/needs.ts';
import type { Kernel } from '../model/kernel.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { NAMES } from '../oracle/subjects.ts';
import { loadScenarios } from '../scenario/load.ts';
import { BpfrigError } from '../util/errors.ts';
import { GuestFailure } from '../vm/failure.ts';
import type { CellEnvironment } from './cell.ts';
import type { Testbed } from '../guest/testbed.ts';
import type { GuestSource } from './guests.ts';
import { planCells } from './plan.ts';
import { RunFolder } from './results.ts';
import type { RequestedKernel } from './requested-kernel.ts';
import { measuredProgram, type MeasuredProgram } from './kernel-code/measured.fixture.ts';
import { runSuite, type RunRequest } from './run-suite.ts';
import { EventLog } from './event-log.ts';

// Scheduling and verdicts with a fake source of guests; with real ones they are tested in cli/*.guest.test.ts.

const SCENARIO = `
title: one
source: a test
axes: { turn: [1, 2, 3] }
expect:
  - sent == 0
`;

function kernel(id: string): Kernel {
  return {
    id,
    spec: id,
    series: id,
    flavour: 'amd64',
    arch: 'amd64',
    version: `${id}.1`,
    release: `${id}.1-amd64`,
    image: '/nowhere',
    modulesDir: null,
    packages: [],
    notes: [],
    key: id,
  };
}

/** Runs three cells a kernel with guests that are made by `start`. */
async function fakeRun(
  t: Test,
  start: GuestSource['start'],
  options: Partial<RunRequest> & {
    readonly kernels?: readonly RequestedKernel[];
    readonly abort?: AbortController;
    readonly environment?: Partial<CellEnvironment>;
  } = {},
  { scenario = SCENARIO, lost = false } = {},
): Promise<{ events: RunEvent[]; code: number }> {
  const dir = t.testdir({ 'one.yaml': scenario });
  const scenarios: Scenario[] = await loadScenarios([join(dir, 'one.yaml')], {
    rootOf: () => dir,
    ...NAMES,
  });
  const kernels = options.kernels ?? [requested('6.1')];
  const cells = planCells(
    scenarios,
    kernels.map(({ id }) => id),
    { variant: {}, grep: null, only: null },
  );
  const eventLog = new EventLog();
  const events: RunEvent[] = [];
  eventLog.listen('test', event => events.push(event));
  const request: RunRequest = {
    runId: 'test',
    argv: [],
    host: { bpfrig: '0', node: '20', qemu: '7', accel: 'tcg', accelReason: '', cpus: 2, memoryMiB: 1 },
    kernels,
    cells,
    jobs: 2,
    shard: null,
    maxFailures: null,
    fetch: async ({ id }) => kernel(id),
    lastDuration: () => undefined,
    endedBy: () => (options.abort?.signal.aborted ? 'SIGINT' : null),
    cellEnvironment: {
      cacheDir: join(dir, 'cache'),
      folder: RunFolder.create(join(dir, 'run')),
      guests: { prepare: async () => null, start },
      probes: new Map(),
      builds: new Map(),
      keep: null,
      retries: 1,
      timeScale: 1,
      repeatWords: ['--accel', 'tcg,thread=single'],
      signal: (options.abort ?? new AbortController()).signal,
      ...options.environment,
    },
    ...options,
  };
  if (lost) rmSync(join(dir, 'run', 'cells'), { recursive: true });
  if (lost) writeFileSync(join(dir, 'run', 'cells'), 'a file');
  return { code: await runSuite(request, eventLog), events };
}

function requested(id: string): RequestedKernel {
  return { id, spec: { kind: 'debian', text: id, suite: null, series: id, flavour: 'amd64', arch: 'amd64' } };
}

function verdicts(events: readonly RunEvent[]): string[] {
  return events.flatMap(event => (event.type === 'cell-end' ? [event.result.verdict] : []));
}

t.test('a guest that dies is a panic with its console, and the others go on', async t => {
  const { events, code } = await fakeRun(t, async () => {
    throw new GuestFailure('panic', 'the kernel panicked', ['Kernel panic - not syncing']);
  });
  t.same(verdicts(events), ['panic', 'panic', 'panic']);
  t.equal(code, 1);
  const end = events.find(event => event.type === 'cell-end');
  t.match(end, { result: { consoleTail: ['Kernel panic - not syncing'], earlierTries: [] } });
  t.match(end, { result: { repeat: / --kernel 6\.1 .*--accel tcg,thread=single$/ } });
});

t.test('a host that fails is tried once more, and both tries are reported', async t => {
  let starts = 0;
  const { events, code } = await fakeRun(t, async () => {
    starts += 1;
    throw new BpfrigError('infra', 'no space left');
  });
  t.equal(starts, 6);
  t.equal(code, 3);
  t.match(
    events.find(event => event.type === 'cell-end'),
    { result: { verdict: 'infra', earlierTries: [{ verdict: 'infra', reason: 'no space left' }] } },
  );
});

t.test('a kernel that is unavailable is infra in each of its cells; other kernels run', async t => {
  const { events } = await fakeRun(
    t,
    async () => {
      throw new GuestFailure('hang', 'silent', []);
    },
    {
      kernels: [requested('6.1'), requested('9.9')],
      fetch: async ({ id }) => {
        if (id === '9.9') throw new BpfrigError('infra', 'linux-modules-9.9 is missing');
        return kernel(id);
      },
    },
  );
  t.same(verdicts(events).toSorted(), ['hang', 'hang', 'hang', 'infra', 'infra', 'infra']);
  t.match(
    events.find(event => event.type === 'kernel-failed'),
    { kernel: '9.9', reason: /linux-modules-9\.9/ },
  );
});

/** A kernel next to a configuration that has all but these options. */
function configured(t: Test, id: string, ...without: string[]): Kernel {
  const options = needsOf({ arch: 'amd64', version: `${id}.1` }).filter(({ not }) => not === undefined);
  const on = options.map(({ option }) => option).filter(option => !without.includes(option));
  // The test's own folder is the run's.
  const dir = mkdtempSync(join(tmpdir(), 'bpfrig-test-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'config'), [...on, 'CONFIG_SMP'].map(option => `${option}=y\n`).join(''));
  return { ...kernel(id), image: join(dir, 'vmlinux') };
}

t.test('a kernel that cannot serve is one message, before anything boots', async t => {
  const own = configured(t, '6.1', 'CONFIG_VIRTIO_CONSOLE', 'CONFIG_NET_PKTGEN');
  let prepared = 0;
  const start = async (): Promise<never> => {
    throw new Error('nothing boots');
  };
  const { events, code } = await fakeRun(t, start, {
    fetch: async () => own,
    environment: { guests: { prepare: async () => ((prepared += 1), null), start } },
  });
  t.equal(prepared, 0);
  t.same(verdicts(events), ['infra', 'infra', 'infra']);
  const failed = events.filter(event => event.type === 'kernel-failed');
  t.match(failed, [
    { kernel: '6.1', reason: /cannot serve; missing: CONFIG_VIRTIO_CONSOLE=n \(the channel/ },
  ]);
  t.notMatch(failed[0]?.reason, 'PKTGEN', 'no cell sends with it');
  t.match(
    events.find(event => event.type === 'cell-end'),
    { result: { reason: failed[0]?.reason, repeat: / kernels check 6\.1$/, earlierTries: [] } },
  );
  t.equal(code, 3);
});

t.test('cells that a kernel is not built for skip without a guest, and how it counts is noted', async t => {
  const own = configured(t, '6.1', 'CONFIG_DEBUG_INFO_BTF');
  const start = async (): Promise<never> => {
    throw new Error('nothing boots');
  };
  let prepared = 0;
  const { events, code } = await fakeRun(
    t,
    start,
    {
      fetch: async () => own,
      environment: { guests: { prepare: async () => ((prepared += 1), null), start } },
    },
    { scenario: `${SCENARIO}requires: [btf]\n` },
  );
  t.equal(prepared, 0, 'no template either');
  t.same(verdicts(events), ['skip', 'skip', 'skip']);
  t.match(
    events.find(event => event.type === 'cell-end'),
    { result: { reason: 'needs btf, and the kernel is built with CONFIG_DEBUG_INFO_BTF=n' } },
  );
  t.match(
    events.filter(event => event.type === 'note'),
    [{ level: 'info', text: /^kernel 6\.1: CONFIG_DEBUG_INFO_BTF=n: observers are classic/ }],
  );
  t.equal(code, 4, 'nothing ran');
});

t.test('--max-failures starts no further cell, and the cells without a verdict make it red', async t => {
  const { events, code } = await fakeRun(
    t,
    async () => {
      throw new GuestFailure('hang', 'silent', []);
    },
    { jobs: 1, maxFailures: 1 },
  );
  t.same(verdicts(events), ['hang']);
  t.match(events.at(-1), { type: 'run-end', unfinished: { length: 2 } });
  t.equal(code, 1);
});

t.test('cells that run when the run is aborted get no verdict', async t => {
  const abort = new AbortController();
  const { events, code } = await fakeRun(
    t,
    async () => {
      abort.abort();
      throw new BpfrigError('infra', 'QEMU was killed');
    },
    { jobs: 1, abort },
  );
  t.same(verdicts(events), []);
  t.match(events.at(-1), { type: 'run-end', interrupted: true, unfinished: { length: 3 } });
  t.equal(code, 130);
});

t.test('a verdict is kept when its artifacts cannot be, and the run reports the loss', async t => {
  const { events, code } = await fakeRun(t, async () => {
    rmSync(join(t.testdirName, 'run', 'cells'), { recursive: true, force: true });
    throw new GuestFailure('hang', 'silent', []);
  });
  t.same(verdicts(events), ['hang', 'hang', 'hang']);
  t.match(
    events.filter(event => event.type === 'note'),
    [{ level: 'warning', text: /artifacts of cells\/one.* cannot be kept: ENOENT/ }],
  );
  t.equal(code, 1);
});

t.test('a green run whose artifacts cannot be kept is exit 3', async t => {
  const { events, code } = await fakeRun(
    t,
    async () => {
      throw new Error('no cell needs a guest');
    },
    { fetch: async ({ id }) => ({ ...kernel(id), version: '1.0' }) },
    { scenario: `${SCENARIO}kernels: '>=2'\nbecause: a test\n`, lost: true },
  );
  t.same(verdicts(events), ['skip', 'skip', 'skip']);
  t.match(events.at(-1), { type: 'run-end', exitCode: 3 });
  t.equal(code, 3);
});

t.test('kernels of two names that are the same files are a warning', async t => {
  const { events } = await fakeRun(
    t,
    async () => {
      throw new GuestFailure('hang', 'silent', []);
    },
    {
      kernels: [requested('6.1'), requested('6.1@trixie')],
      fetch: async ({ id }) => ({ ...kernel(id), key: 'same' }),
    },
  );
  t.match(
    events.filter(event => event.type === 'note'),
    // Whichever was fetched last.
    [{ level: 'warning', text: /^kernels (?:6\.1 and 6\.1@trixie|6\.1@trixie and 6\.1) are the same files/ }],
  );
});

t.test('an error of our own is an error, with its stack', async t => {
  const { events, code } = await fakeRun(t, async () => {
    throw new TypeError('x is not a function');
  });
  t.match(
    events.find(event => event.type === 'cell-end'),
    { result: { verdict: 'error', reason: /x is not a function/, detail: /run-suite\.test/ } },
  );
  t.equal(code, 3);
});

t.test('tries are as many as asked for, and a later one that does not fail counts', async t => {
  let starts = 0;
  for (const [retries, tries] of [
    [0, 1],
    [3, 4],
  ] as const) {
    starts = 0;
    const { events } = await fakeRun(
      t,
      async () => {
        starts += 1;
        throw new BpfrigError('infra', `try ${starts}`);
      },
      { jobs: 1, environment: { retries } },
    );
    t.equal(starts, 3 * tries);
    const end = events.find(event => event.type === 'cell-end');
    t.equal(end?.result.earlierTries.length, tries - 1);
    t.equal(end?.result.reason, `try ${tries}`);
  }
});

t.test('what only the guest did is not tried again', async t => {
  for (const kind of ['panic', 'hang', 'fail', 'error'] as const) {
    let starts = 0;
    const { events } = await fakeRun(t, async () => {
      starts += 1;
      throw new GuestFailure(kind, 'it did', []);
    });
    t.equal(starts, 3, kind);
    t.same(verdicts(events), [kind, kind, kind]);
  }
});

t.test(
  'a failed call of the host’s system is infra, and anything else that is thrown is an error of bpfrig',
  async t => {
    const { events } = await fakeRun(t, async () => {
      readFileSync('/no/such/file');
      throw new Error('not reached');
    });
    t.match(
      events.find(event => event.type === 'cell-end'),
      { result: { verdict: 'infra', reason: /^the host: ENOENT/ } },
    );
    const broken = await fakeRun(t, async () => {
      throw new TypeError('undefined is not a function');
    });
    t.match(
      broken.events.find(event => event.type === 'cell-end'),
      { result: { verdict: 'error', reason: /^bpfrig itself: undefined/ } },
    );
  },
);

t.test(
  'a guest that never comes, and ignores the end of its time, is an error that names the phase',
  async t => {
    const { events } = await fakeRun(t, () => new Promise<never>(() => undefined), {
      jobs: 3,
      // A ten-thousandth of a cell's time.
      environment: { timeScale: 0.0001 },
    });
    t.same(verdicts(events), ['error', 'error', 'error']);
    t.match(
      events.find(event => event.type === 'cell-end'),
      {
        result: { reason: /^bpfrig itself: no verdict after \d+ s, in phase clone;/, earlierTries: [] },
      },
    );
  },
);

/** A guest whose agent refuses everything but to read the counters that a program left. */
function guestWithCounters(counters: Buffer): Testbed {
  const call = async (op: string) => {
    if (op !== 'exec_start') throw new BpfrigError('scenario', `no ${op} here`);
    const stdout = counters.toString('hex');
    return { running: 1, over: true, late: false, status: 0, signal: null, stdout, stderr: '' };
  };
  const whileAlive = <T>(work: Promise<T>): Promise<T> => work;
  const dut = { ready: { probes: {}, logStart: 0 }, hello: { cpus_possible: [0] }, call, whileAlive };
  return {
    dut,
    generator: dut,
    guests: [],
    whileAlive,
    complaints: async () => [],
    consoleTail: [],
    [Symbol.asyncDispose]: async () => undefined,
  } as unknown as Testbed;
}

/** A measured program outside of the folder that a run replaces. */
function programOf(t: Test): MeasuredProgram {
  const dir = mkdtempSync(join(tmpdir(), 'bpfrig-measured-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  return measuredProgram(dir);
}

/** Options of a run on a kernel that counts the executions of a program's source. */
function measuring({ measured }: MeasuredProgram) {
  return { jobs: 1, fetch: async ({ id }: { id: string }) => ({ ...kernel(id), measured: [measured] }) };
}

t.test('cells whose guest lives add what it counted, and others are counted by their verdict', async t => {
  const program = programOf(t);
  const counters = program.run(50, 150);
  let starts = 0;
  const { events } = await fakeRun(
    t,
    async () => {
      starts += 1;
      if (starts === 2) throw new GuestFailure('panic', 'it panicked', []);
      return guestWithCounters(counters);
    },
    measuring(program),
  );
  t.strictSame(verdicts(events), ['error', 'panic', 'error']);
  const measured = events.filter(event => event.type === 'code-coverage');
  t.match(measured, [
    {
      kernel: '6.1',
      coverage: {
        cells: 2,
        missing: [{ why: 'panic', cells: 1 }],
        sources: [{ source: 'kernel/tea.c', lines: { 0: { line: 4, count: 4 } } }],
      },
    },
  ]);
  t.equal(events.indexOf(measured[0] as RunEvent), events.length - 2, 'after the cells');
});

t.test('only the last try of a cell counts, and skipped cells do not', async t => {
  const program = programOf(t);
  const counters = program.run(50);
  let starts = 0;
  const lives = async () => {
    starts += 1;
    if (starts % 2 === 1) throw new BpfrigError('infra', 'no space left');
    return guestWithCounters(counters);
  };
  const { events } = await fakeRun(t, lives, measuring(program));
  t.match(
    events.find(event => event.type === 'code-coverage'),
    { coverage: { cells: 3, missing: [] } },
  );
  const skipped = await fakeRun(t, lives, measuring(program), {
    scenario: `${SCENARIO}kernels: '>=99'\nbecause: a test\n`,
  });
  t.match(
    skipped.events.find(event => event.type === 'code-coverage'),
    { coverage: { cells: 0, missing: [] } },
  );
});

t.test('a kernel whose notes this host cannot read is run without coverage, with one warning', async t => {
  const program = programOf(t);
  const lost = { ...program, measured: { ...program.measured, notes: '/nowhere/tea.gcno' } };
  const { events } = await fakeRun(
    t,
    async () => {
      throw new GuestFailure('hang', 'silent', []);
    },
    measuring(lost),
  );
  t.strictSame(verdicts(events), ['hang', 'hang', 'hang']);
  t.strictSame(
    events.filter(event => event.type === 'code-coverage'),
    [],
  );
  t.match(
    events.filter(event => event.type === 'note'),
    [
      {
        level: 'warning',
        text: /^coverage of the code of kernel 6\.1 is not measured: cannot read the notes .*ENOENT/,
      },
    ],
  );
});
