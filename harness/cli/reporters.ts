import { closeSync, openSync, writeSync } from 'node:fs';
import type { RunEvent } from '../model/events.ts';
import { createReporter, REPORTERS, type ReporterName } from '../report/registry.ts';
import type { RunFolder } from '../run/results.ts';
import type { LastDurations } from '../run/shard.ts';
import type { EventLog } from '../run/event-log.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { startHeartbeat } from './heartbeat.ts';
import { LiveScreen } from './live-screen.ts';
import type { ReporterChoice } from './run-options.ts';

/** Reports that every run keeps in its folder. */
const KEPT: readonly ReporterName[] = ['json', 'junit', 'tap', 'html', 'markdown', 'terminal'];

/** Whether text for people may be coloured: https://no-color.org, and not into a file. */
function mayColor(stream: NodeJS.WriteStream = process.stdout): boolean {
  if (process.env['NO_COLOR'] !== undefined && process.env['NO_COLOR'] !== '') return false;
  if (process.env['FORCE_COLOR'] !== undefined && process.env['FORCE_COLOR'] !== '0') return true;
  return stream.isTTY === true;
}

/**
 * Attaches reporters to a run's event log. `close()` is called once, after the last event. `live` are the last durations for a run in
 * progress, null for one that is over: only a run in progress has a live board or a heartbeat.
 */
export function attachReporters(
  eventLog: EventLog,
  choices: readonly ReporterChoice[],
  folder: RunFolder | null,
  live: LastDurations | null = null,
): { close(): void } {
  const closers: (() => void)[] = [];
  for (const { name, file } of choices) {
    closers.push(file === null ? toStdout(eventLog, name, live) : toFile(eventLog, name, file));
  }
  if (live !== null && !hasLiveScreen(choices)) closers.push(startHeartbeat(eventLog, live));
  if (folder !== null) {
    eventLog.listen(event => folder.append(event));
    for (const name of KEPT) closers.push(toFolder(eventLog, name, folder));
  }
  return { close: () => closers.forEach(close => close()) };
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

function toStdout(eventLog: EventLog, name: ReporterName, live: LastDurations | null): () => void {
  const tty = name === 'terminal' && live !== null && isScreen();
  const columns = process.stdout.columns ?? 0;
  const reporter = createReporter(name, {
    color: name === 'terminal' && mayColor(),
    tty,
    columns,
    groups: live !== null && inCi(),
  });
  const screen = tty ? new LiveScreen(process.stdout, mayColor(), live) : null;
  const print = (text: string, event: RunEvent | null): void => {
    if (screen !== null) screen.show(text, event);
    else if (text !== '') process.stdout.write(text);
  };
  eventLog.listen(event => print(reporter.onEvent(event), event));
  return () => {
    print(reporter.close(), null);
    screen?.close();
  };
}

function toFile(eventLog: EventLog, name: ReporterName, file: string): () => void {
  const fd = open(file, name);
  const reporter = createReporter(name, PLAIN);
  const write = (text: string): void => void (text !== '' && writeSync(fd, text));
  eventLog.listen(event => write(reporter.onEvent(event)));
  return () => {
    write(reporter.close());
    closeSync(fd);
  };
}

function toFolder(eventLog: EventLog, name: ReporterName, folder: RunFolder): () => void {
  const reporter = createReporter(name, PLAIN);
  let text = '';
  eventLog.listen(event => {
    text += reporter.onEvent(event);
  });
  return () => folder.writeReport(REPORTERS[name].file, text + reporter.close());
}

const PLAIN = { color: false, tty: false, columns: 0, groups: false } as const;

function open(file: string, name: ReporterName): number {
  try {
    return openSync(file, 'w');
  } catch (error) {
    throw new BpfrigError('usage', `--reporter ${name}:${file}: cannot write there: ${messageOf(error)}`);
  }
}
