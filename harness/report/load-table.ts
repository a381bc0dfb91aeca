import { isRefusal } from '../model/load-exit-code.ts';
import { insnsOf, type LoadCell, type LoadReport, type LoadState } from '../model/load-report.ts';
import { groupBy } from '../util/group-by.ts';
import type { Ink, Paint } from './paint.ts';
import { cutTo, oneLine, padTo, textWidth } from './text.ts';

/** How a state looks in the table. */
const LOOKS: Readonly<Record<LoadState, { readonly mark: string; readonly ink: Ink }>> = {
  loaded: { mark: '', ink: 'green' },
  refused: { mark: '✗ ', ink: 'red' },
  unloadable: { mark: '✗ ', ink: 'red' },
  crashed: { mark: '✗ crashed: ', ink: 'red' },
  skipped: { mark: '– ', ink: 'dim' },
  lost: { mark: '? ', ink: 'magenta' },
};

/** Between columns. */
const GAP = '  ';

/** A reason is never cut to less. */
const NARROWEST = 14;

/** The widest reason in the table where the width is not known: all of it stands below. */
const WIDEST = 30;

/** One square: what is shown, and how. */
interface Square {
  readonly text: string;
  readonly ink: Ink;
}

/** The table of a report, line by line: programs by object, kernels in the order of the report. `columns` 0: as wide as it gets. */
export function loadTable(report: LoadReport, columns: number, paint: Paint): string[] {
  const objects = report.objects.filter(({ programs }) => programs.length > 0);
  const cells = groupBy(report.cells, cell => key(cell));
  const labels = objects.flatMap(({ programs }) => programs.map(program => labelOf(program)));
  const first = Math.max(0, ...labels.map(label => textWidth(label) + 2), 'program'.length);
  const width = widthOf(report, columns, first);
  const heads = report.kernels.map(({ id }) => oneLine(id));
  const squares = objects.map(({ file_name, programs }) => ({
    file_name,
    rows: programs.map(program => ({
      label: labelOf(program),
      squares: report.kernels.map(({ id }) => {
        const own = cells.get(key({ file_name, prog_name: program.prog_name })) ?? [];
        return squareOf(
          own.find(({ kernel }) => kernel === id),
          width,
        );
      }),
    })),
  }));
  const widths = heads.map((head, column) =>
    Math.max(
      textWidth(head),
      ...squares.flatMap(({ rows }) => rows.map(row => textWidth(row.squares[column]?.text ?? ''))),
    ),
  );
  const line = (label: string, row: readonly Square[]): string =>
    [padTo(label, first), ...row.map(({ text, ink }, column) => paint(ink, padTo(text, widths[column] ?? 0)))]
      .join(GAP)
      .trimEnd();
  return [
    paint(
      'bold',
      line(
        'program',
        heads.map(text => ({ text, ink: 'bold' })),
      ),
    ),
    ...squares.flatMap(({ file_name, rows }) => [
      oneLine(file_name),
      ...rows.map(row => line(`  ${row.label}`, row.squares)),
    ]),
  ];
}

function key({ file_name, prog_name }: Pick<LoadCell, 'file_name' | 'prog_name'>): string {
  return JSON.stringify([file_name, prog_name]);
}

/** `filter (xdp)`, `drop (?tc)`. */
function labelOf({ prog_name, section }: LoadReport['objects'][number]['programs'][number]): string {
  return cutTo(oneLine(`${prog_name} (${section})`), 60);
}

function widthOf({ kernels }: LoadReport, columns: number, first: number): number {
  if (columns <= 0) return WIDEST;
  const each = Math.floor((columns - first) / Math.max(1, kernels.length)) - GAP.length;
  return Math.min(WIDEST, Math.max(NARROWEST, each));
}

function squareOf(cell: LoadCell | undefined, width: number): Square {
  if (cell === undefined) return { text: '', ink: 'dim' };
  const { mark, ink } = LOOKS[cell.state];
  if (cell.state !== 'loaded') return { text: cutTo(`${mark}${oneLine(cell.reason)}`, width), ink };
  return { text: insnsOf(cell)?.toLocaleString('en-US') ?? 'loaded', ink };
}

/** What one sentence of a kernel's or of libbpf's is about. */
export interface LoadFinding {
  readonly state: LoadState;
  readonly reason: string;
  /** Programs with the kernels that say so, in order: `fw.bpf.o drop` on `5.10, 6.1`. */
  readonly where: readonly { readonly program: string; readonly kernels: readonly string[] }[];
  /** The cell whose log is shown. */
  readonly first: LoadCell;
}

/** Everything that is not loaded, once per distinct reason: what a kernel refuses first, what the host spoiled last. */
export function loadFindings({ cells }: LoadReport): LoadFinding[] {
  const groups = groupBy(
    cells.filter(({ state }) => state !== 'loaded'),
    ({ state, reason }) => JSON.stringify([state, reason]),
  );
  const findings = [...groups.values()].flatMap(group => {
    // A newer kernel says more about the place.
    const first = group.find(({ place }) => place !== null) ?? group[0];
    if (first === undefined) return [];
    const where = [...groupBy(group, cell => `${cell.file_name} ${cell.prog_name}`)].map(
      ([program, own]) => ({
        program,
        kernels: own.map(({ kernel }) => kernel),
      }),
    );
    return [{ state: first.state, reason: first.reason, where, first }];
  });
  return findings.toSorted((a, b) => rank(a.state) - rank(b.state));
}

function rank(state: LoadState): number {
  if (isRefusal(state)) return 0;
  return state === 'lost' ? 1 : 2;
}
