import { isRed } from '../model/verdict.ts';
import type { CellResult } from '../model/cell.ts';
import type { RunEvent } from '../model/events.ts';
import { findingLines } from './finding-lines.ts';
import { createPaint, type Paint } from './paint.ts';
import { endReporter, type Reporter, type ReporterOptions } from './reporter.ts';
import { groupLines } from './group-lines.ts';
import { STATUS_LOOKS } from './status.ts';
import { closingText } from './terminal-closing.ts';
import { cellLabel, count, formatMs, inert, oneLine, padTo, textWidth } from './text.ts';

/** Maximum lines of a guest's console and of long texts. The rest is in the cell's folder. */
const LIMITS = { console: 12, detail: 20 };

/** Returns the reporter for people: one line per cell, a block for each red cell, the matrix at the end. */
export function createTerminalReporter(options: ReporterOptions): Reporter {
  const paint = createPaint(options.color);
  const groups = options.groups ? groupLines() : () => [];
  let width = 0;
  return endReporter(
    event => {
      if (event.type === 'run-start') width = Math.max(0, ...event.kernels.map(id => textWidth(oneLine(id))));
      return [...lines(event, width, options, paint), ...groups(event)]
        .map(line => `${inert(line)}\n`)
        .join('');
    },
    summary => inert(closingText(summary, options.columns, paint)),
  );
}

function lines(event: RunEvent, width: number, options: ReporterOptions, paint: Paint): string[] {
  switch (event.type) {
    case 'run-start': {
      const kernels = count(event.kernels.length, 'kernel');
      const how = `${event.host.accel} (${oneLine(event.host.accelReason)})`;
      return [
        paint(
          'dim',
          `bpfrig ${oneLine(event.runId)}: ${count(event.cells.length, 'cell')} on ${kernels}, ${count(event.jobs, 'job')}, ${how}`,
        ),
      ];
    }
    case 'kernel-ready': {
      const { id, version } = event.kernel;
      const line = paint(
        'dim',
        `kernel ${oneLine(id)}: ${oneLine(version)} ready after ${formatMs(event.durationMs)}`,
      );
      return options.tty ? [] : [line];
    }
    case 'kernel-failed':
      return [paint('magenta', `kernel ${oneLine(event.kernel)}: ${oneLine(event.reason)}`)];
    case 'cell-end':
      return cellLines(event.result, width, options, paint);
    case 'note':
      return [
        event.level === 'warning'
          ? `${paint('yellow', 'warning:')} ${oneLine(event.text)}`
          : oneLine(event.text),
      ];
    default:
      return [];
  }
}

function cellLines(result: CellResult, width: number, options: ReporterOptions, paint: Paint): string[] {
  const red = isRed(result.verdict);
  const { colour } = STATUS_LOOKS[result.verdict];
  if (!red && (options.tty || options.groups)) return [];
  const word = paint(colour, result.verdict.padEnd(5));
  const kernel = padTo(oneLine(result.cell.kernel), width);
  const time = paint('dim', formatMs(result.durationMs));
  const head = `${word}  ${kernel}  ${cellLabel(result.cell)}  ${time}`;
  if (red) return [head, ...findingLines(result, paint, LIMITS).map(line => `    ${line}`)];
  return [result.reason === '' ? head : `${head}  ${paint('dim', oneLine(result.reason))}`];
}
