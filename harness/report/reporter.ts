import type { RunEvent } from '../model/events.ts';
import { RunFold, type RunSummary } from './fold.ts';
import type { KcidbOptions } from './kcidb/options.ts';

/** Properties of the place where a report is shown. */
export interface ReporterOptions {
  /** Use colour. The caller decides this, from NO_COLOR for example. */
  readonly color: boolean;
  /** A live board is shown together with this text, so lines for passed cells can be left out. */
  readonly tty: boolean;
  /** Width of the terminal; 0 or less for no limit. */
  readonly columns: number;
  /** For a CI's log: write one line per finished group of cells instead of one per cell. */
  readonly groups: boolean;
  /** For the reporter `kcidb`, which needs it. */
  readonly kcidb?: KcidbOptions;
}

/** Turns a run's events into text. A reporter does no input or output. */
export interface Reporter {
  /** Returns text to append now; '' for none. */
  onEvent(event: RunEvent): string;
  /** Returns the rest of the text after the last event: '' after `run-end`, the closing part if the run was cut off. */
  close(): string;
}

/** Creates a reporter that writes nothing until the run is over, and then the whole document. */
export function documentReporter(render: (summary: RunSummary) => string): Reporter {
  return endReporter(() => '', render);
}

/** Creates a reporter that writes lines during the run and a closing part, which is also written if the run was cut off. */
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
