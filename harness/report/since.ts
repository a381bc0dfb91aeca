import { held } from '../model/verdict.ts';
import type { Cell } from '../model/cell.ts';
import type { ArchName } from '../model/kernel.ts';
import { groupBy } from '../util/group-by.ts';
import { rowKey } from './behaviour.ts';
import { statusOf, type RunSummary } from './fold.ts';
import { archOf, buildOf } from './kernel-order.ts';
import type { CellStatus } from './status.ts';
import { oneLine } from './text.ts';

/** How the kernels of a row compare: it holds on all, on none, from one on, up to one, or in no such order; `unmeasured`: no cell has an answer. */
export const SINCE_KINDS = ['all', 'none', 'since', 'until', 'mixed', 'unmeasured'] as const;

/** On which kernels of one run a row of the matrix holds, by what was measured there and nothing else. */
export interface Since {
  readonly kind: (typeof SINCE_KINDS)[number];
  /** `since`: the first kernel on which the row holds, where every later one holds too. `until`: the last one. Otherwise null. */
  readonly kernel: string | null;
  /** The nearest kernel on the other side of the change, on which the row does not hold; null without a change. */
  readonly other: string | null;
  /** Kernels without an answer, old to new: skipped, spoiled, unfinished or not planned. */
  readonly unmeasured: readonly string[];
  /** Those of them that lie between `kernel` and `other`: the change may be there. */
  readonly between: readonly string[];
}

/** One row of the matrix, a variant of a scenario, and on which kernels of an architecture it holds. */
export interface RowSince {
  readonly scenario: string;
  readonly variant: Cell['variant'];
  readonly arch: ArchName;
  readonly since: Since;
}

/** The status of a row on one kernel; null if no cell was planned there. */
export interface KernelStatus {
  readonly kernel: string;
  readonly status: CellStatus | null;
}

/** Returns on which of a row's kernels, old to new, it holds. A skip, a spoiled cell and a missing one are no answer. */
export function sinceOf(statuses: readonly KernelStatus[]): Since {
  const answers = statuses.map(({ kernel, status }) => ({ kernel, holds: answer(status) }));
  const measured = answers.filter(({ holds }) => holds !== null);
  const unmeasured = answers.filter(({ holds }) => holds === null).map(({ kernel }) => kernel);
  const flips = measured.flatMap((now, i) => {
    const before = measured[i - 1];
    return before === undefined || before.holds === now.holds ? [] : [{ before, now }];
  });
  const bare = { kernel: null, other: null, unmeasured, between: [] };
  const [flip] = flips;
  if (measured.length === 0) return { kind: 'unmeasured', ...bare };
  if (flip === undefined) return { kind: measured[0]?.holds === true ? 'all' : 'none', ...bare };
  if (flips.length > 1) return { kind: 'mixed', ...bare };
  const order = statuses.map(({ kernel }) => kernel);
  const between = order.slice(order.indexOf(flip.before.kernel) + 1, order.indexOf(flip.now.kernel));
  return flip.now.holds === true
    ? { kind: 'since', kernel: flip.now.kernel, other: flip.before.kernel, unmeasured, between }
    : { kind: 'until', kernel: flip.before.kernel, other: flip.now.kernel, unmeasured, between };
}

function answer(status: CellStatus | null): boolean | null {
  return status === null || status === 'unfinished' ? null : held(status);
}

/**
 * Returns every row of a run with the kernels on which it holds, by `rowKey`, in the order of the plan: once for each architecture of the run, since
 * kernels have an order only within one.
 */
export function sinceByRow(summary: RunSummary): ReadonlyMap<string, readonly RowSince[]> {
  const archs = [...groupBy(summary.kernels, archOf)];
  return new Map(
    [...groupBy(summary.cells, rowKey)].map(([key, cells]) => {
      const byKernel = new Map(cells.map(cell => [cell.kernel, cell]));
      const { scenario, variant } = cells[0] as Cell;
      const rows = archs.map(([arch, kernels]) => {
        const statuses = kernels.map(({ id: kernel }) => {
          const cell = byKernel.get(kernel);
          return { kernel, status: cell === undefined ? null : statusOf(summary, cell) };
        });
        return { scenario, variant, arch, since: sinceOf(statuses) };
      });
      return [key, rows];
    }),
  );
}

/** What the matrix says of a row: a few words, what is behind them, and the kind of them; `mixed` where architectures differ. */
export interface RowWords {
  readonly text: string;
  readonly sentence: string;
  readonly kind: Since['kind'];
}

/** Returns the words for a row of the matrix: one answer where all architectures with an answer agree, else that of each, `amd64 all; arm64 none`. */
export function rowWords(rows: readonly RowSince[]): RowWords {
  const measured = rows.filter(({ since }) => since.kind !== 'unmeasured');
  const [first] = measured;
  if (first === undefined) return { text: '', sentence: 'no kernel has an answer', kind: 'unmeasured' };
  const texts = new Set(measured.map(({ since }) => buildOf(sinceText(since))));
  const named = measured.map(({ arch, since }) => [arch, since] as const);
  const sentence =
    rows.length === 1
      ? sinceSentence(first.since)
      : named.map(([arch, since]) => `${arch}: ${sinceSentence(since)}`).join('. ');
  if (rows.length === 1 || texts.size === 1) {
    const [text = ''] = rows.length === 1 ? [sinceText(first.since)] : texts;
    return { text, sentence, kind: first.since.kind };
  }
  const text = named.map(([arch, since]) => `${arch} ${buildOf(sinceText(since))}`).join('; ');
  return { text, sentence, kind: 'mixed' };
}

/** Returns a few words for a table: `all`, `since 6.12`, `until 6.1`, `mixed`, `none`, or '' where nothing was measured. */
export function sinceText({ kind, kernel }: Since): string {
  if (kind === 'unmeasured') return '';
  return kernel === null ? kind : `${kind} ${oneLine(kernel)}`;
}

/** Returns what is behind `sinceText`, as one sentence. */
export function sinceSentence(since: Since): string {
  const { kind, kernel, other, unmeasured, between } = since;
  const names = (ids: readonly string[]): string => ids.map(oneLine).join(', ');
  const missing = unmeasured.length === 0 ? '' : `; no answer on ${names(unmeasured)}`;
  switch (kind) {
    case 'all':
      return `holds on every kernel that has an answer${missing}`;
    case 'none':
      return `holds on no kernel that has an answer${missing}`;
    case 'mixed':
      return `holds on some kernels and not on others, in no order${missing}`;
    case 'unmeasured':
      return `no kernel has an answer`;
    case 'since':
    case 'until': {
      const [first, last] = kind === 'since' ? [other, kernel] : [kernel, other];
      const gap =
        between.length === 0
          ? ''
          : `; between ${oneLine(first ?? '')} and ${oneLine(last ?? '')} it is not known: ${names(between)}`;
      const side = kind === 'since' ? 'every later kernel' : 'every earlier kernel';
      return `holds on ${oneLine(kernel ?? '')} and ${side}, and not on ${oneLine(other ?? '')}${gap || missing}`;
    }
  }
}
