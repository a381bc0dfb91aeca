import type { CellResult, ExpectationResult } from '../model/cell.ts';
import type { Ledger } from '../model/ledger.ts';
import { lastLines as tail, oneLine, padTo, textWidth } from './text.ts';

/** One line of information about a cell that did not pass, with the kind of the line. */
export interface Finding {
  readonly kind:
    'reason' | 'try' | 'expectation' | 'ledger' | 'loss' | 'console' | 'detail' | 'repeat' | 'more';
  readonly text: string;
}

/** Maximum numbers of lines of the long texts. */
export interface FindingLimits {
  readonly console: number;
  readonly detail: number;
  /** The cell whose report has the same detail already; absent: none has. */
  readonly detailOf?: string;
}

// A CI reads the whole file. The complete texts are in the cell's folder.
const WIDE_LIMITS: FindingLimits = { console: 500, detail: 500 };

/** Maximum width, in columns, of one line of a console or another long text. */
const WIDEST = 400;

/** Returns the findings of a cell in the order of reading: what happened, what was expected, where the packets went, the console, how to repeat it. */
export function findings(result: CellResult, limits: FindingLimits = WIDE_LIMITS): Finding[] {
  return [
    ...(result.reason === '' ? [] : [{ kind: 'reason' as const, text: oneLine(result.reason) }]),
    ...result.earlierTries.map(t => ({
      kind: 'try' as const,
      text: `an earlier attempt: ${t.verdict}: ${oneLine(t.reason)}`,
    })),
    ...brokenExpectations(result).map(e => ({
      kind: 'expectation' as const,
      text: `${oneLine(result.cell.file)}:${e.line}: ${expectationText(e)}`,
    })),
    ...ledgerLines(result.ledger),
    ...detailLines(result, limits),
    ...lastLines('console', result.consoleTail, limits.console, result.dir),
    { kind: 'repeat', text: oneLine(result.repeat) },
  ];
}

/** Returns the expectations that did not hold or could not be evaluated. */
export function brokenExpectations(result: CellResult): readonly ExpectationResult[] {
  return result.expectations.filter(e => !e.ok);
}

/** Returns text such as `kthread.xdp_drop == cpumap.accepted   (5026 == 20002)`. */
export function expectationText(e: ExpectationResult): string {
  if (e.error !== null) return `${oneLine(e.expr)}   error: ${oneLine(e.error)}`;
  return e.values === null ? oneLine(e.expr) : `${oneLine(e.expr)}   (${oneLine(e.values)})`;
}

/** Returns texts such as `kthread: 14976 missing`, one per stage whose residual is not 0. */
export function lossTexts(ledger: Ledger | null): string[] {
  return (ledger?.stages ?? [])
    .filter(stage => stage.residual !== 0)
    .map(stage => `${oneLine(stage.name)}: ${residualText(stage.residual)}`);
}

function residualText(residual: number): string {
  return residual > 0 ? `${residual} missing` : `${-residual} too many`;
}

/** Returns the ledger as lines of text, as every report of a cell that failed has it. */
export function ledgerText(ledger: Ledger | null): string[] {
  return ledgerLines(ledger).map(({ text }) => text);
}

/** Returns the ledger as a small table, one line per stage; then the packets that ended in a sink that no expectation names. */
function ledgerLines(ledger: Ledger | null): Finding[] {
  if (ledger === null || ledger.absent !== null) return [];
  const rows = ledger.stages.map(stage => ({
    name: oneLine(stage.name),
    came: String(stage.in),
    went: Object.entries(stage.out)
      .filter(([, packets], _i, all) => packets !== 0 || all.length === 1)
      .map(([sink, packets]) => `${oneLine(sink)} ${packets}`)
      .join(' + '),
    residual: stage.residual,
  }));
  const width = (pick: (row: (typeof rows)[number]) => string): number =>
    Math.max(0, ...rows.map(row => textWidth(pick(row))));
  const [names, came, went] = [width(r => r.name), width(r => r.came), width(r => r.went)];
  const lines = rows.map((r): Finding => {
    const line = `${padTo(r.name, names)}  ${r.came.padStart(came)} → ${r.went === '' ? 'nowhere' : r.went}`;
    if (r.residual === 0) return { kind: 'ledger', text: line };
    return { kind: 'loss', text: `${padTo(line, names + came + went + 5)}   ${residualText(r.residual)}` };
  });
  const strays = ledger.sinks.filter(sink => sink.packets !== 0 && !sink.claimed);
  if (strays.length === 0) return lines;
  const list = strays.map(sink => `${oneLine(sink.name)} ${sink.packets}`).join(', ');
  return [...lines, { kind: 'ledger', text: `no expectation names: ${list}` }];
}

function detailLines({ detail, dir }: CellResult, { detailOf, detail: most }: FindingLimits): Finding[] {
  if (detail === null) return [];
  if (detailOf !== undefined) return [{ kind: 'more', text: `the same lines as of ${detailOf}` }];
  return lastLines('detail', detail.replace(/\n$/, '').split('\n'), most, dir);
}

function lastLines(
  kind: 'console' | 'detail',
  lines: readonly string[],
  limit: number,
  dir: string,
): Finding[] {
  const shown = tail(lines, limit, WIDEST).map((text): Finding => ({ kind, text }));
  if (shown.length === lines.length) return shown;
  const left = lines.length - shown.length;
  const file = kind === 'console' ? 'console.log' : 'result.json';
  return [{ kind: 'more', text: `${left} earlier lines are in ${oneLine(dir)}/${file}` }, ...shown];
}
