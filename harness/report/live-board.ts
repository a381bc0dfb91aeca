import type { RunEvent } from '../model/events.ts';
import { RunFold, type KernelSummary, type RunSummary } from './fold.ts';
import { createPaint, type Ink, type Paint } from './paint.ts';
import { timeLeft } from './time-left.ts';
import { STATUSES, STATUS_LOOKS } from './status.ts';
import { cellLabel, cutTo, oneLine, padTo, textWidth } from './text.ts';

/** Size of the terminal, and the time as `Date.now()` returns it. */
export interface BoardView {
  readonly now: number;
  readonly columns: number;
  readonly rows: number;
}

/** The text that a terminal shows during a run. The caller moves the cursor and draws it again. */
export interface LiveBoard {
  onEvent(event: RunEvent): void;
  /** Returns lines no wider than the terminal, and fewer than its rows; no lines before the run starts and after its end. */
  render(view: BoardView): string[];
  /** Returns the same information as one line without colours, for a log; '' before the run starts and after its end. */
  line(now: number): string;
}

/** Text in one colour. A line is cut to the terminal's width before it is coloured. */
type Segment = readonly [Ink | null, string];

const BAR = 20;

/** Creates a board for one run. */
export function createLiveBoard(options: {
  readonly color: boolean;
  /** Returns how long a cell took when it last ran, in milliseconds. */
  readonly lastMs?: (cellId: string) => number | undefined;
}): LiveBoard {
  const paint = createPaint(options.color);
  const fold = new RunFold();
  const begun = new Map<string, number>();
  return {
    onEvent(event) {
      fold.add(event);
      if (event.type === 'cell-start') begun.set(event.cell, Date.parse(event.at));
    },
    render({ now, columns, rows }) {
      const summary = fold.summary();
      if (summary.startedAt === null || summary.complete) return [];
      const left = timeLeft(summary, begun, now, options.lastMs);
      const busy = busyLines(summary, begun, now);
      // On a terminal with few rows the running cells are kept, because they show which one hangs.
      const room = Math.max(0, rows - 2 - busy.length);
      return [headLine(summary, now, left), ...kernelLines(summary).slice(0, room), ...busy]
        .slice(0, Math.max(1, rows - 1))
        .map(line => drawn(line, columns, paint));
    },
    line(now) {
      const summary = fold.summary();
      if (summary.startedAt === null || summary.complete) return '';
      const left = timeLeft(summary, begun, now, options.lastMs);
      const busy = summary.running.map(cell => `${oneLine(cell.kernel)} ${cellLabel(cell)}`);
      const elapsed = clock(now - Date.parse(summary.startedAt));
      const head = `${summary.results.size}/${summary.cells.length} cells after ${elapsed}`;
      return [head, left === null ? '' : `about ${clock(left)} left`, ...busy.map(b => `running ${b}`)]
        .filter(part => part !== '')
        .join('; ');
    },
  };
}

function headLine(summary: RunSummary, now: number, left: number | null): Segment[] {
  const done = summary.results.size;
  const elapsed = now - Date.parse(summary.startedAt ?? '');
  const eta = left === null ? '' : `, about ${clock(left)} left`;
  return [
    ['bold', `${done}/${summary.cells.length} cells`],
    [null, '  '],
    ...bar(done, summary.cells.length),
    ['dim', `  ${clock(elapsed)}${eta}`],
    ...tally(summary.counts),
  ];
}

function kernelLines(summary: RunSummary): Segment[][] {
  const width = Math.max(0, ...summary.kernels.map(kernel => textWidth(oneLine(kernel.id))));
  return summary.kernels.map(kernel => {
    const head: Segment = [null, `  ${padTo(oneLine(kernel.id), width)}  `];
    if (kernel.failure !== null) return [head, ['magenta', oneLine(kernel.failure)]];
    if (kernel.column === null) return [head, ['dim', 'preparing']];
    return [
      head,
      ...bar(done(kernel), kernel.planned),
      [null, ` ${done(kernel)}/${kernel.planned}`],
      ...tally(kernel.counts),
    ];
  });
}

function done(kernel: KernelSummary): number {
  return kernel.planned - kernel.unfinished;
}

function busyLines(summary: RunSummary, begun: ReadonlyMap<string, number>, now: number): Segment[][] {
  return summary.running.map(cell => [
    ['cyan', '  ▸ '],
    ['dim', `${clock(now - (begun.get(cell.id) ?? now))}  `],
    [null, `${oneLine(cell.kernel)}  ${cellLabel(cell)}`],
  ]);
}

function bar(part: number, whole: number): Segment[] {
  const full = whole === 0 ? 0 : Math.floor((part / whole) * BAR);
  return [
    ['green', '━'.repeat(full)],
    ['grey', '─'.repeat(BAR - full)],
  ];
}

/** Returns every count except that of passes, worst first. */
function tally(counts: RunSummary['counts']): Segment[] {
  return STATUSES.flatMap((status): Segment[] => {
    const n = status === 'unfinished' || status === 'pass' ? 0 : counts[status];
    return n === 0 ? [] : [[STATUS_LOOKS[status].colour, `  ${n} ${status}`]];
  });
}

function drawn(line: readonly Segment[], columns: number, paint: Paint): string {
  let room = columns;
  let out = '';
  for (const [ink, text] of line) {
    if (room <= 0) break;
    const shown = cutTo(text, room);
    room -= textWidth(shown);
    out += ink === null ? shown : paint(ink, shown);
  }
  return out;
}

/** Returns a time such as `0:07`, `12:30` or `1:02:03`. */
function clock(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const two = (n: number): string => String(n % 60).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes}:${two(seconds)}`
    : `${Math.floor(minutes / 60)}:${two(minutes)}:${two(seconds)}`;
}
