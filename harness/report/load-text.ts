import { LOAD_STATES, type LoadReport, type LoadState } from '../model/load-report.ts';
import { loadFindings, loadTable, type LoadFinding } from './load-table.ts';
import { createPaint, type Ink, type Paint } from './paint.ts';
import { count, formatMs, inert, lastLines, oneLine } from './text.ts';

/** How a report is shown. */
export interface LoadTextOptions {
  readonly color: boolean;
  /** Width of the terminal; 0 where there is none. */
  readonly columns: number;
}

/** Lines of a verifier's log below a reason. */
const LOG_LINES = 10;
const LOG_WIDTH = 160;

/** Programs of one reason that are listed. */
const MOST_PROGRAMS = 12;

/** What stands before a reason. */
const SAYS: Readonly<Record<LoadState, string>> = {
  loaded: '',
  refused: 'the kernel refused',
  unloadable: 'libbpf did not find what is needed',
  crashed: 'the kernel crashed',
  skipped: 'not loaded',
  lost: 'no answer',
};

const INKS: Readonly<Partial<Record<LoadState, Ink>>> = { skipped: 'dim', lost: 'magenta' };

/** The report for people: the table, then each reason once with the end of the verifier's log, then what it comes to. */
export function loadText(report: LoadReport, { color, columns }: LoadTextOptions): string {
  const paint = createPaint(color);
  const blocks = [
    ...(report.cells.length > 0 ? [loadTable(report, columns, paint)] : []),
    ...loadFindings(report).map(finding => findingLines(finding, report.kernels.length, paint)),
    problemLines(report, paint),
    [closingLine(report)],
  ];
  const text = blocks
    .filter(block => block.length > 0)
    .map(block => block.join('\n'))
    .join('\n\n');
  return `${inert(text)}\n`;
}

function findingLines(finding: LoadFinding, kernels: number, paint: Paint): string[] {
  const { state, reason, where, first } = finding;
  const { call, errno, source, place, lines } = first;
  const said = call === null ? SAYS[state] : `${SAYS[state]}: ${call} returned ${errno ?? 'an error'}`;
  const shown = where.slice(0, MOST_PROGRAMS).map(({ program, kernels: on }) => {
    const all = on.length === kernels && kernels > 1;
    const named = all
      ? kernels === 2
        ? 'both kernels'
        : `all ${kernels} kernels`
      : on.map(oneLine).join(', ');
    return `    ${oneLine(program)}: ${named}`;
  });
  const more = where.length - shown.length;
  const at =
    source === null ? [] : [`    at ${place === null ? '' : `${oneLine(place)}: `}${oneLine(source)}`];
  const log = state === 'skipped' || lines.length < 2 ? [] : lastLines(lines, LOG_LINES, LOG_WIDTH);
  return [
    paint(INKS[state] ?? 'red', `${oneLine(reason)}`),
    `    ${paint('dim', said)}`,
    ...shown,
    ...(more > 0 ? [`    and ${count(more, 'program')} more`] : []),
    ...at,
    ...log.map(line => paint('dim', `    | ${line}`)),
  ];
}

function problemLines({ objects, kernels }: LoadReport, paint: Paint): string[] {
  const bad = objects.filter(({ problem }) => problem !== null);
  const gone = kernels.filter(({ problem }) => problem !== null);
  return [
    ...bad.map(({ file_name, problem }) => paint('red', about(file_name, problem ?? ''))),
    ...gone.map(({ id, problem }) => paint('magenta', oneLine(`kernel ${id}: ${problem}`))),
  ];
}

/** Many problems begin with the name of the file. */
function about(name: string, problem: string): string {
  return oneLine(problem.startsWith(name) ? problem : `${name}: ${problem}`);
}

function closingLine({ cells, objects, kernels, durationMs }: LoadReport): string {
  const programs = objects.reduce((sum, one) => sum + one.programs.length, 0);
  const states = LOAD_STATES.flatMap(state => {
    const n = cells.filter(cell => cell.state === state).length;
    return n === 0 ? [] : [`${n} ${state}`];
  });
  const what = `${count(programs, 'program')} on ${count(kernels.length, 'kernel')}`;
  return `${what}: ${states.join(', ') || 'nothing to load'} · ${formatMs(durationMs)}`;
}
