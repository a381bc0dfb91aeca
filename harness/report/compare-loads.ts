import { EXIT } from '../model/exit-code.ts';
import { isRefusal } from '../model/load-exit-code.ts';
import { insnsOf, type LoadCell, type LoadReport, type LoadState } from '../model/load-report.ts';
import { count, oneLine } from './text.ts';

/** A program on one kernel, as a line of a comparison calls it. */
interface Place {
  readonly kernel: string;
  readonly file_name: string;
  readonly prog_name: string;
}

/** A program whose state is another one. */
export interface LoadStateChange extends Place {
  readonly before: LoadState;
  readonly after: LoadState;
  readonly reason: string;
}

/** A program that takes the verifier another number of instructions. */
export interface LoadGrowth extends Place {
  readonly before: number;
  readonly after: number;
  /** In percent of before; negative where it shrank. */
  readonly percent: number;
}

/** What changed from one report of `bpfrig load` to another, each program on each kernel on its own. */
export interface LoadComparison {
  /** Kernels of one id whose builds differ. */
  readonly kernels: readonly { readonly id: string; readonly before: string; readonly after: string }[];
  /** Loaded before, and now the kernel or libbpf refuses: a regression. */
  readonly newlyRefused: readonly LoadStateChange[];
  /** Loaded before, and now without an answer. */
  readonly newlyLost: readonly LoadStateChange[];
  readonly newlyLoaded: readonly LoadStateChange[];
  readonly otherwise: readonly LoadStateChange[];
  /** Grew by more than the limit: a regression. */
  readonly grew: readonly LoadGrowth[];
  /** Every other difference, the largest first. */
  readonly resized: readonly LoadGrowth[];
  /** Only in the first report, and only in the second. */
  readonly gone: readonly Place[];
  readonly added: readonly Place[];
}

/** Compares two reports. `maxGrowth` is in percent; null: no growth is a regression. */
export function compareLoads(
  before: LoadReport,
  after: LoadReport,
  maxGrowth: number | null,
): LoadComparison {
  const old = new Map(before.cells.map(cell => [keyOf(cell), cell]));
  const now = new Map(after.cells.map(cell => [keyOf(cell), cell]));
  const pairs = after.cells.flatMap(cell => {
    const was = old.get(keyOf(cell));
    return was === undefined ? [] : [{ was, cell }];
  });
  const changes = pairs.filter(({ was, cell }) => was.state !== cell.state).map(stateChange);
  const newlyRefused = changes.filter(one => one.before === 'loaded' && isRefusal(one.after));
  const newlyLost = changes.filter(one => one.before === 'loaded' && one.after === 'lost');
  const newlyLoaded = changes.filter(one => one.after === 'loaded');
  const listed = new Set([...newlyRefused, ...newlyLost, ...newlyLoaded]);
  const sizes = pairs.flatMap(growthOf).toSorted((a, b) => Math.abs(b.percent) - Math.abs(a.percent));
  const tooLarge = (one: LoadGrowth): boolean => maxGrowth !== null && one.percent > maxGrowth;
  return {
    kernels: otherBuilds(before, after),
    newlyRefused,
    newlyLost,
    newlyLoaded,
    otherwise: changes.filter(one => !listed.has(one)),
    grew: sizes.filter(tooLarge),
    resized: sizes.filter(one => !tooLarge(one)),
    gone: before.cells.filter(cell => !now.has(keyOf(cell))).map(placeOf),
    added: after.cells.filter(cell => !old.has(keyOf(cell))).map(placeOf),
  };
}

/** 1 where a program is newly refused or grew too much, 3 where one only has no answer any more, else 0. */
export function loadRegressionCode({ newlyRefused, grew, newlyLost }: LoadComparison): 0 | 1 | 3 {
  if (newlyRefused.length + grew.length > 0) return EXIT.red;
  return newlyLost.length > 0 ? EXIT.infra : EXIT.ok;
}

function keyOf({ kernel, file_name, prog_name }: Place): string {
  return JSON.stringify([kernel, file_name, prog_name]);
}

function placeOf({ kernel, file_name, prog_name }: Place): Place {
  return { kernel, file_name, prog_name };
}

interface Pair {
  readonly was: LoadCell;
  readonly cell: LoadCell;
}

function stateChange({ was, cell }: Pair): LoadStateChange {
  return { ...placeOf(cell), before: was.state, after: cell.state, reason: cell.reason };
}

function growthOf({ was, cell }: Pair): LoadGrowth[] {
  if (was.state !== 'loaded' || cell.state !== 'loaded') return [];
  const [before, after] = [insnsOf(was), insnsOf(cell)];
  if (before === null || after === null || before === after) return [];
  const percent = before === 0 ? Infinity : ((after - before) / before) * 100;
  return [{ ...placeOf(cell), before, after, percent }];
}

function otherBuilds(before: LoadReport, after: LoadReport): LoadComparison['kernels'] {
  const build = (report: LoadReport, id: string): string | null => {
    const kernel = report.kernels.find(one => one.id === id)?.kernel;
    return kernel == null ? null : `${kernel.version} (${kernel.packages[0]?.version ?? kernel.release})`;
  };
  return after.kernels.flatMap(({ id }) => {
    const [was, is] = [build(before, id), build(after, id)];
    return was === null || is === null || was === is ? [] : [{ id, before: was, after: is }];
  });
}

/** Maximum number of lines of one kind in the text. The JSON has all of them. */
const MAX_LINES = 20;

/** The comparison for people, the most important part last. */
export function loadComparisonText(comparison: LoadComparison): string {
  const blocks = [
    block(
      'different kernel build',
      comparison.kernels.map(one => `${one.id}: ${one.before} → ${one.after}`),
    ),
    block('gone', comparison.gone.map(placeText)),
    block('new', comparison.added.map(placeText)),
    block('other verified instructions', comparison.resized.map(growthText)),
    block('other changes', comparison.otherwise.map(changeText)),
    block('newly loaded', comparison.newlyLoaded.map(changeText)),
    block('no answer any more (host or harness)', comparison.newlyLost.map(changeText)),
    block('grew more than allowed', comparison.grew.map(growthText)),
    block('newly refused', comparison.newlyRefused.map(changeText)),
  ].flat();
  const lost = comparison.newlyRefused.length + comparison.grew.length;
  const code = loadRegressionCode(comparison);
  const verdict =
    code === EXIT.red
      ? `regression: ${count(lost, 'program')}`
      : code === EXIT.infra
        ? 'no regression, but some programs have no answer'
        : 'no regression';
  return `${blocks.join('\n')}${blocks.length > 0 ? '\n\n' : ''}${verdict}\n`;
}

function placeText({ kernel, file_name, prog_name }: Place): string {
  return `${file_name} ${prog_name} on ${kernel}`;
}

function changeText(change: LoadStateChange): string {
  const why = change.reason === '' ? '' : `: ${change.reason}`;
  return `${placeText(change)}: ${change.before} → ${change.after}${why}`;
}

function growthText(growth: LoadGrowth): string {
  const { before, after, percent } = growth;
  const [from, to] = [before.toLocaleString('en-US'), after.toLocaleString('en-US')];
  return `${placeText(growth)}: ${from} → ${to} (${percent > 0 ? '+' : ''}${percent.toFixed(1)} %)`;
}

function block(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const left = lines.length - MAX_LINES;
  return [
    `${title}: ${lines.length}`,
    ...lines.slice(0, MAX_LINES).map(line => `  ${oneLine(line)}`),
    ...(left > 0 ? [`  and ${left} more (--json has all)`] : []),
  ];
}
