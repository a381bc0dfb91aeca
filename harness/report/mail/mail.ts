import type { BisectAnswer } from '../../model/bisect-answer.ts';
import type { Cell, CellResult } from '../../model/cell.ts';
import type { KernelColumn } from '../../model/events.ts';
import { held } from '../../model/verdict.ts';
import { rowKey } from '../behaviour.ts';
import { CVE_LOOKS, fixText } from '../cve/cve-looks.ts';
import { brokenExpectations, expectationText } from '../findings.ts';
import { statusOf, type RunSummary } from '../fold.ts';
import { plain, lastLines, oneLine, variantText } from '../text.ts';
import { ledgerDifference } from './ledger-difference.ts';
import { suspects } from './suspects.ts';
import { wrapped, wrappedCommand } from './wrap.ts';

/** What a mail has besides what the run's events say. */
export interface MailSources {
  /** The scenario's file as it is; null where it cannot be read any more. */
  readonly scenario: string | null;
  /** `source` of the scenario: the files of the kernel. */
  readonly source: string;
  /** Null: no bisect was run. */
  readonly bisect: BisectAnswer | null;
}

/** Maximum lines of a kernel's log. */
const MOST_LOG_LINES = 60;
const WIDEST_LOG_LINE = 200;

/**
 * Returns a report of one cell for a mailing list, as plain text. Prose and commands have at most 72 columns; what the kernel printed, the
 * scenario and an expression stay as they are. The cell must have a result.
 */
export function mailText(summary: RunSummary, result: CellResult, sources: MailSources): string {
  const parts = [
    subject(summary, result),
    what(result),
    kernels(summary, result),
    expectations(result),
    ledger(summary, result),
    log(result),
    reproducer(result, sources.scenario),
    sources.bisect === null ? [] : section('Since when', suspects(sources.bisect, sources.source)),
    signature(summary),
  ];
  return `${parts
    .filter(part => part.length > 0)
    .map(part => part.join('\n'))
    .join('\n\n')}\n`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, '-'.repeat(title.length), '', ...lines];
}

function subject(summary: RunSummary, { cell, verdict }: CellResult): string[] {
  const version = columnOf(summary, cell.kernel)?.version ?? cell.kernel;
  const cve = cell.cve === undefined ? '' : `${cell.cve.id}: `;
  return [`Subject: ${oneLine(`${cve}${cell.title}: ${verdict} on ${version}`)}`];
}

function what({ cell, verdict, reason, cve }: CellResult): string[] {
  const variant = variantText(cell.variant);
  const where = `${oneLine(cell.scenario)}${variant === '' ? '' : `, ${variant}`}`;
  const holds = held(verdict);
  const answer = holds === null ? 'is not known' : holds ? 'is so' : 'is not so';
  return [
    ...wrapped('What should hold:'),
    '',
    ...wrapped(oneLine(cell.title), '  '),
    '',
    ...wrapped(`On ${oneLine(cell.kernel)} this ${answer} (${verdict}; ${where}):`),
    '',
    ...wrapped(reason === '' ? 'every expectation holds' : oneLine(reason), '  '),
    ...(cell.cve === undefined || cve === undefined
      ? []
      : [
          '',
          ...wrapped(
            `${cell.cve.id}, "${oneLine(cell.cve.subject)}" (fixed upstream by ${fixText(cell.cve)}): ${CVE_LOOKS[cve.status].words}${cve.why === '' ? '' : `, by ${oneLine(cve.why)}`}.`,
          ),
        ]),
  ];
}

/** The kernels of the run by whether the same variant holds there. */
function kernels(summary: RunSummary, { cell }: CellResult): string[] {
  const row = rowOf(summary, cell);
  const groups = [
    ['holds on', row.filter(one => holds(summary, one) === true)],
    ['does not hold on', row.filter(one => holds(summary, one) === false)],
    ['no answer on', row.filter(one => holds(summary, one) === null)],
  ] as const;
  const lines = groups.flatMap(([head, cells]) =>
    cells.length === 0
      ? []
      : [
          `${head}`,
          ...cells.flatMap(one =>
            wrapped(
              `${oneLine(one.kernel)}: ${kernelText(columnOf(summary, one.kernel))} (${statusOf(summary, one)})`,
              '  ',
              '    ',
            ),
          ),
        ],
  );
  return section('Kernels', lines);
}

function kernelText(column: KernelColumn | null): string {
  if (column === null) return 'never made ready';
  const [first] = column.packages;
  return oneLine(first === undefined ? column.version : `${column.version}, ${first.name} ${first.version}`);
}

function expectations(result: CellResult): string[] {
  const broken = brokenExpectations(result).map(one => `  ${expectationText(one)}`);
  return section('Expected, and seen', broken);
}

/** The account next to that of the nearest kernel where the variant holds. */
function ledger(summary: RunSummary, { cell, ledger: own }: CellResult): string[] {
  const row = rowOf(summary, cell);
  const here = row.findIndex(one => one.kernel === cell.kernel);
  const [nearest] = row
    .map((one, i) => ({ one, distance: Math.abs(i - here) }))
    .filter(({ one }) => holds(summary, one) === true)
    .toSorted((a, b) => a.distance - b.distance);
  const other = nearest === undefined ? null : (summary.results.get(nearest.one.id)?.ledger ?? null);
  const table = ledgerDifference([other, own], [nearest?.one.kernel ?? '', cell.kernel]);
  const title = nearest === undefined ? 'Packets' : 'Packets, where the two kernels differ';
  return section(
    title,
    table.map(line => `  ${line}`),
  );
}

function log({ consoleTail, dir }: CellResult): string[] {
  const shown = lastLines(consoleTail, MOST_LOG_LINES, WIDEST_LOG_LINE).map(line => `  ${line}`);
  const left = consoleTail.length - Math.min(consoleTail.length, MOST_LOG_LINES);
  return section('Log of the kernel', [
    ...(left > 0 ? [`  (${left} earlier lines are in ${oneLine(dir)}/console.log)`] : []),
    ...shown,
  ]);
}

function reproducer({ cell, repeat }: CellResult, scenario: string | null): string[] {
  const file = oneLine(cell.file);
  const text =
    scenario === null
      ? [`(${file} could not be read)`]
      : plain(scenario)
          .trimEnd()
          .split('\n')
          .map(line => (line === '' ? '' : `  ${line}`));
  return section('To reproduce', [
    ...wrappedCommand(oneLine(repeat), '  '),
    '',
    ...wrapped(`The scenario, ${file}:`),
    '',
    ...text,
  ]);
}

function signature({ host, runId, startedAt }: RunSummary): string[] {
  const facts = host === null ? [] : [`bpfrig ${host.bpfrig}, QEMU ${host.qemu}, ${host.accel}`];
  const run = `run ${runId ?? 'without a name'}${startedAt === null ? '' : ` of ${startedAt.slice(0, 10)}`}`;
  return ['-- ', ...wrapped(oneLine([...facts, run].join('; ')))];
}

/** The cells of the same variant, kernels old to new. */
function rowOf(summary: RunSummary, cell: Cell): Cell[] {
  const key = rowKey(cell);
  const row = summary.cells.filter(one => rowKey(one) === key);
  return summary.kernels.flatMap(({ id }) => row.filter(one => one.kernel === id));
}

function holds(summary: RunSummary, cell: Cell): boolean | null {
  const status = statusOf(summary, cell);
  return status === 'unfinished' ? null : held(status);
}

function columnOf(summary: RunSummary, kernel: string): KernelColumn | null {
  return summary.kernels.find(({ id }) => id === kernel)?.column ?? null;
}
