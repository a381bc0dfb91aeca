import { isRed } from '../model/verdict.ts';
import type { CellResult } from '../model/cell.ts';
import type { RunEvent } from '../model/events.ts';
import { findingLines } from './finding-lines.ts';
import type { FindingLimits } from './findings.ts';
import { createPaint, type Paint } from './paint.ts';
import { endReporter, type Reporter, type ReporterOptions } from './reporter.ts';
import { groupLines } from './group-lines.ts';
import { triesText } from './later-tries.ts';
import { STATUS_LOOKS } from './status.ts';
import { closingText } from './terminal-closing.ts';
import { cellLabel, count, formatMs, inert, oneLine, padTo, textWidth } from './text.ts';

/** Maximum lines of a guest's console and of long texts. The rest is in the cell's folder. */
const LIMITS = { console: 12, detail: 20 };

/** How many red cells have a block of their own. What many cells have in common is seen in fewer, and the others are one line each. */
const BLOCKS = 40;

/** Returns the reporter for people: one line per cell, a block for each red cell, the matrix at the end. */
export function createTerminalReporter(options: ReporterOptions): Reporter {
  const paint = createPaint(options.color);
  const groups = options.groups ? groupLines() : () => [];
  const details = new Map<string, string>();
  let width = 0;
  let blocks = 0;
  return endReporter(
    event => {
      if (event.type === 'cell-end' && isRed(event.result.verdict)) blocks += 1;
      if (event.type === 'run-start') width = Math.max(0, ...event.kernels.map(id => textWidth(oneLine(id))));
      return [...lines(event, { width, blocks, details, options, paint }), ...groups(event)]
        .map(line => `${inert(line)}\n`)
        .join('');
    },
    summary => inert(closingText(summary, options.columns, paint)),
  );
}

/** What a line depends on in addition to its event. */
interface Look {
  /** Width of the names of kernels. */
  readonly width: number;
  /** Red cells so far, this one included. */
  readonly blocks: number;
  /** The cell that each long text was shown of. */
  readonly details: Map<string, string>;
  readonly options: ReporterOptions;
  readonly paint: Paint;
}

function lines(event: RunEvent, look: Look): string[] {
  const { options, paint } = look;
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
      return cellLines(event.result, look);
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

function cellLines(result: CellResult, { width, blocks, details, options, paint }: Look): string[] {
  const red = isRed(result.verdict);
  const { colour } = STATUS_LOOKS[result.verdict];
  if (!red && (options.tty || options.groups)) return [];
  const word = paint(colour, result.verdict.padEnd(5));
  const kernel = padTo(oneLine(result.cell.kernel), width);
  const time = paint('dim', formatMs(result.durationMs));
  const head = `${word}  ${kernel}  ${cellLabel(result.cell)}  ${time}`;
  if (red && blocks <= BLOCKS)
    return [head, ...findingLines(result, paint, limitsOf(result, details)).map(line => `    ${line}`)];
  const cut = `after ${BLOCKS} red cells, only their first lines are shown; the rest is in the run's folder`;
  const notice = blocks === BLOCKS + 1 && red ? [paint('yellow', cut)] : [];
  const remarks = [oneLine(result.reason), triesText(result)].filter(text => text !== '');
  return [...notice, remarks.length === 0 ? head : `${head}  ${paint('dim', remarks.join('; '))}`];
}

/** A program that does not compile, or that all kernels refuse in the same words, is shown once. */
function limitsOf({ cell, detail }: CellResult, details: Map<string, string>): FindingLimits {
  if (detail === null) return LIMITS;
  const label = `${oneLine(cell.kernel)} ${cellLabel(cell)}`;
  const detailOf = details.get(detail);
  if (detailOf !== undefined) return { ...LIMITS, detailOf };
  details.set(detail, label);
  return LIMITS;
}
