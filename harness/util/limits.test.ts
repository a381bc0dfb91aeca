import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { PACKAGE_ROOT } from './paths.ts';

// No wait without a limit. The host's clock may jump by an hour, and then a deadline by Date.now() is over at once, or never: deadlines use
// performance.now().

/** Files that need the time of day, and for what. */
const TIME_OF_DAY: Readonly<Record<string, string>> = {
  'cli/heartbeat.ts': 'the board shows since when a cell runs, by the times of events',
  'cli/live-screen.ts': 'the board shows since when a cell runs, by the times of events',
  'guest/template.ts': 'a clone gets the time of day',
  'kernel/apt.ts': 'the age of a file',
  'util/leftovers.ts': 'the age of a file',
};

/** Files that start programs in another way than `hostCommand`, which has a time limit, and why. */
const OWN_PROCESSES: Readonly<Record<string, string>> = {
  'cli/generate.ts': 'tests of the project, for its developers',
  'cli/install-packages.ts': 'apt may ask, and shows what it does',
  'cli/rehearsal/main.ts': 'a rehearsal of workflows by hand, which shows what it does',
  'cli/rehearsal/pack.ts': 'npm, for the rehearsal and a test',
  'cli/rehearsal/runner.ts': 'steps of a workflow, whose output is shown as it comes',
  'cli/selftest.ts': 'tests of the project, whose output is shown as it comes',
  'kernel/packages/program-stream.ts': 'output that is read as a stream, within a time of its own',
  'kernel/testing.ts': 'made-up packages of tests',
  'run/bench/edit.ts': 'a whole watch, which is measured and ends by a signal',
  'run/bench/load.ts': 'a whole run of load, which is measured and ends by an abort',
  'run/bench/timed-run.ts': 'a whole run, which is measured and ends by an abort',
  'util/host-command.ts': 'the one place',
  'util/lock.ts': 'shares an open file with the program, within a time of its own',
  'vm/process.ts': 'QEMU lives as long as its guest',
};

const root = join(PACKAGE_ROOT, 'harness');
// The fault suite is not part of what it tests: it starts the program, breaks clocks, and ends what it began by limits of its own.
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
  file => /\.tsx?$/.test(file) && !/\.(?:test|fixture)\.ts$/.test(file) && !file.startsWith('faults/'),
);

function filesWith(pattern: RegExp): string[] {
  return sources
    .filter(file => pattern.test(withoutComments(readFileSync(join(root, file), 'utf8'))))
    .toSorted();
}

t.same(filesWith(/\bDate\.now\(/), Object.keys(TIME_OF_DAY).toSorted());
t.same(filesWith(/from '(?:execa|node:child_process)'/), Object.keys(OWN_PROCESSES).toSorted());

function withoutComments(text: string): string {
  return text.replace(/\/\*[^]*?\*\/|\/\/.*$/gm, '');
}
