import type { LoadCell, LoadReport } from '../model/load-report.ts';

type Column = readonly [name: string, value: (cell: LoadCell) => string | number | null | undefined];

/** veristat's columns, by its names and in its order: `veristat -C A.csv B.csv` compares two such files. */
const COLUMNS: readonly Column[] = [
  ['file_name', cell => cell.file_name],
  ['prog_name', cell => cell.prog_name],
  ['verdict', cell => (cell.state === 'loaded' ? 'success' : 'failure')],
  ['duration', cell => cell.figures?.duration],
  ['total_insns', cell => cell.figures?.total_insns],
  ['total_states', cell => cell.figures?.total_states],
  ['peak_states', cell => cell.figures?.peak_states],
  ['max_states_per_insn', cell => cell.figures?.max_states_per_insn],
  ['max_mark_read_len', cell => cell.figures?.max_mark_read_len],
  ['prog_size', cell => cell.figures?.prog_size],
  ['prog_size_jited', cell => cell.figures?.prog_size_jited],
  ['prog_type', cell => cell.figures?.prog_type],
  ['attach_type', cell => cell.figures?.attach_type],
  ['stack_depth', cell => cell.figures?.stack_depth],
];

/** One kernel of a report as veristat prints it (`-o csv`). What is not known is 0, as there; a program that was skipped has no line. */
export function loadCsv({ cells }: LoadReport, kernel: string): string {
  const own = cells.filter(cell => cell.kernel === kernel && cell.state !== 'skipped');
  const lines = [
    COLUMNS.map(([name]) => name),
    ...own.map(cell => COLUMNS.map(([, value]) => field(value(cell) ?? 0))),
  ];
  return lines.map(line => `${line.join(',')}\n`).join('');
}

/** veristat reads no quotes. */
function field(value: string | number): string {
  return typeof value === 'number' ? String(value) : value.replace(/[,\p{Cc}]/gu, '_');
}
