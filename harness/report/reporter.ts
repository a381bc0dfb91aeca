import type { RunEvent } from '../model/events.ts';
import { RunFold, type RunSummary } from './fold.ts';

/** Where a report goes, as far as its looks depend on it. */
export interface ReporterOptions {
  /** Colour may be used: the caller has honoured NO_COLOR and the like. */
  readonly color: boolean;
  /** A person watches a live board beside this text: lines for cells that went well can be left out. */
  readonly tty: boolean;
  /** Width of the terminal; 0 or less for no limit. */
  readonly columns: number;
  /** A CI's log: a line for each group of cells that is done in place of one for each cell. */
  readonly groups: boolean;
}

/** Turns a run's events into text. A reporter does no input or output of its own. */
export interface Reporter {
  /** Text to append now; '' for none. */
  onEvent(event: RunEvent): string;
  /** Text still owed after the last event: the whole report where the run was cut off. '' when `run-end` was seen. */
  close(): string;
}

/** A reporter that says nothing until the run is over, and then everything. */
export function documentReporter(render: (summary: RunSummary) => string): Reporter {
  return endReporter(() => '', render);
}

/** A reporter with lines as the run goes and a closing part, which a cut-off run gets too. */
export function endReporter(
  line: (event: RunEvent) => string,
  end: (summary: RunSummary) => string,
): Reporter {
  const fold = new RunFold();
  let ended = false;
  const close = (): string => {
    if (ended) return '';
    ended = true;
    return end(fold.summary());
  };
  return {
    onEvent(event) {
      fold.add(event);
      const text = line(event);
      return event.type === 'run-end' ? text + close() : text;
    },
    close,
  };
}
