import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { CodeCoverage } from '../model/code-coverage.ts';
import type { RunEvent } from '../model/events.ts';
import { lcovText } from '../report/code/lcov.ts';
import { createReporter, REPORTERS, type ReporterName } from '../report/registry.ts';
import { nameOf, namesOf } from '../run/file-names.ts';
import type { RunFolder } from '../run/results.ts';
import type { LastDurations } from '../run/shard.ts';
import type { EventLog } from '../run/event-log.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { writeWhole } from '../util/write-whole.ts';
import { startHeartbeat } from './heartbeat.ts';
import { LiveScreen } from './live-screen.ts';
import type { ReporterChoice } from './reporter-options.ts';

/** Reports that every run keeps in its folder. */
const KEPT: readonly ReporterName[] = ['json', 'junit', 'tap', 'html', 'markdown', 'terminal'];

/** Whether text for people may be coloured: https://no-color.org, and not into a file. */
export function mayColor(stream: NodeJS.WriteStream = process.stdout): boolean {
  if (process.env['NO_COLOR'] !== undefined && process.env['NO_COLOR'] !== '') return false;
  if (process.env['FORCE_COLOR'] !== undefined && process.env['FORCE_COLOR'] !== '0') return true;
  return stream.isTTY === true;
}

/** The reporters of one run. */
export interface Reporters {
  /** Writes what is left of every report. Called after the last event, or where there will be none; a second call does nothing. */
  close(): void;
}

/** A part of reporting that is closed at the end, and its name in a message. */
interface Part {
  readonly name: string;
  readonly close: () => void;
}

/**
 * Attaches reporters to a run's event log. What cannot be written is a failure of the event log, and the other reports are written.
 * `live` are the last durations for a run in progress, null for one that is over: only a run in progress has a live board or a
 * heartbeat. Throws `usage` for a file that cannot be opened.
 */
export function attachReporters(
  eventLog: EventLog,
  choices: readonly ReporterChoice[],
  folder: RunFolder | null,
  live: LastDurations | null = null,
): Reporters {
  const parts = chosenParts(eventLog, choices, folder, live);
  if (live !== null && !hasLiveScreen(choices))
    parts.push({ name: 'progress', close: startHeartbeat(eventLog, live) });
  if (folder !== null) {
    eventLog.listen('events.jsonl', event => folder.append(event));
    for (const name of KEPT) parts.push(toFolder(eventLog, name, folder));
    parts.push(coverageToFolder(eventLog, folder));
    // The last part: whoever sees that the run is over finds its reports.
    parts.push({ name: 'events.jsonl', close: () => folder.close() });
  }
  return { close: () => parts.splice(0).forEach(part => closePart(part, eventLog)) };
}

function chosenParts(
  eventLog: EventLog,
  choices: readonly ReporterChoice[],
  folder: RunFolder | null,
  live: LastDurations | null,
): Part[] {
  try {
    return choices.map(choice =>
      choice.file === null ? toStdout(eventLog, choice, live) : toFile(eventLog, choice, choice.file),
    );
  } catch (error) {
    folder?.discard();
    throw error;
  }
}

function closePart({ name, close }: Part, eventLog: EventLog): void {
  try {
    close();
  } catch (error) {
    eventLog.fail(`${name}: ${messageOf(error)}`);
  }
}

function hasLiveScreen(choices: readonly ReporterChoice[]): boolean {
  return isScreen() && choices.some(({ name, file }) => name === 'terminal' && file === null);
}

function isScreen(): boolean {
  return process.stdout.isTTY === true && !inCi();
}

function inCi(): boolean {
  return process.env['CI'] !== undefined && process.env['CI'] !== '';
}

function toStdout(eventLog: EventLog, { name, kcidb }: ReporterChoice, live: LastDurations | null): Part {
  const tty = name === 'terminal' && live !== null && isScreen();
  const columns = process.stdout.columns ?? 0;
  const reporter = createReporter(name, {
    color: name === 'terminal' && mayColor(),
    tty,
    columns,
    groups: live !== null && inCi(),
    ...(kcidb !== undefined && { kcidb }),
  });
  const screen = tty ? new LiveScreen(process.stdout, mayColor(), live) : null;
  const print = (text: string, event: RunEvent | null): void => {
    if (screen !== null) screen.show(text, event);
    else if (text !== '') process.stdout.write(text);
  };
  eventLog.listen(name, event => print(reporter.onEvent(event), event));
  const close = (): void => {
    print(reporter.close(), null);
    screen?.close();
  };
  return { name, close };
}

function toFile(eventLog: EventLog, { name, kcidb }: ReporterChoice, file: string): Part {
  const fd = open(file, name);
  const reporter = createReporter(name, { ...PLAIN, ...(kcidb !== undefined && { kcidb }) });
  const place = `${name}:${file}`;
  eventLog.listen(place, event => writeWhole(fd, reporter.onEvent(event)));
  const close = (): void => {
    writeWhole(fd, reporter.close());
    closeSync(fd);
  };
  return { name: place, close };
}

function toFolder(eventLog: EventLog, name: ReporterName, folder: RunFolder): Part {
  const reporter = createReporter(name, PLAIN);
  const { file } = REPORTERS[name];
  let text = '';
  eventLog.listen(file, event => {
    text += reporter.onEvent(event);
  });
  return { name: file, close: () => folder.writeReport(file, text + reporter.close()) };
}

/** A trace file of lcov for each kernel that counts the executions of its own code: `coverage/KERNEL.info`. */
function coverageToFolder(eventLog: EventLog, folder: RunFolder): Part {
  const coverages = new Map<string, CodeCoverage>();
  eventLog.listen(COVERAGE_FOLDER, event => {
    if (event.type === 'code-coverage') coverages.set(event.kernel, event.coverage);
  });
  const close = (): void => {
    const names = namesOf([...coverages.keys()]);
    for (const [kernel, coverage] of coverages) {
      const file = `${names.get(kernel) ?? nameOf(kernel)}.info`;
      folder.writeReport(join(COVERAGE_FOLDER, file), lcovText(kernel, coverage));
    }
  };
  return { name: COVERAGE_FOLDER, close };
}

const COVERAGE_FOLDER = 'coverage';

const PLAIN = { color: false, tty: false, columns: 0, groups: false } as const;

function open(file: string, name: ReporterName): number {
  try {
    return openSync(file, 'w');
  } catch (error) {
    throw new BpfrigError('usage', `--reporter ${name}:${file}: cannot write there: ${messageOf(error)}`);
  }
}
