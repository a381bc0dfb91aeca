import { RunFold } from '../report/fold.ts';
import { count } from '../report/text.ts';
import type { EventLog } from '../run/event-log.ts';
import { onProgress } from './progress.ts';
import type { Reporters } from './reporters.ts';

/** A run whose reports are not closed yet. */
interface OpenRun {
  readonly dir: string;
  readonly eventLog: EventLog;
  readonly reporters: Reporters;
  readonly fold: RunFold;
}

const open = new Set<OpenRun>();

/**
 * Registers a run until its reports are closed: disposing closes them. If the process ends before, `abandonRuns` reports what was
 * finished.
 */
export function openRun(dir: string, eventLog: EventLog, reporters: Reporters): Disposable {
  const run: OpenRun = { dir, eventLog, reporters, fold: new RunFold() };
  eventLog.listen('open run', event => run.fold.add(event));
  open.add(run);
  return {
    [Symbol.dispose]: () => {
      open.delete(run);
      reporters.close();
    },
  };
}

/**
 * Closes the reports of every run that is open, synchronously, for a process that ends now. They have what was finished, and list the
 * other cells; their runs have no end. Returns whether there was one.
 */
export function abandonRuns(why: string): boolean {
  const runs = [...open];
  open.clear();
  for (const { dir, eventLog, reporters, fold } of runs) {
    const cells = count(fold.summary().unfinished.length, 'cell');
    const text = `the run ended without a verdict for ${cells}: ${why}`;
    onProgress(text);
    eventLog.emit({ type: 'note', level: 'warning', text });
    reporters.close();
    onProgress(`results in ${dir}`);
  }
  return runs.length > 0;
}
