import { VERDICTS, isSpoiled, type Verdict } from '../model/verdict.ts';

/** The status of a planned cell in a report: its verdict, or `unfinished`. */
export type CellStatus = Verdict | 'unfinished';

/** The appearance of a status. */
export interface StatusLook {
  /** One column wide and in every monospace font. Not an emoji: some terminals draw these two columns wide. */
  readonly glyph: string;
  readonly colour: 'red' | 'green' | 'yellow' | 'magenta' | 'grey';
}

/** Worst first; counts are listed in this order. Statuses are distinguished by the word, not only by colour. */
export const STATUS_LOOKS: Readonly<Record<CellStatus, StatusLook>> = {
  panic: { glyph: '✗', colour: 'red' },
  hang: { glyph: '✗', colour: 'red' },
  fail: { glyph: '✗', colour: 'red' },
  fixed: { glyph: '↑', colour: 'red' },
  error: { glyph: '!', colour: 'magenta' },
  infra: { glyph: '!', colour: 'magenta' },
  unfinished: { glyph: '?', colour: 'magenta' },
  known: { glyph: '~', colour: 'yellow' },
  skip: { glyph: '-', colour: 'grey' },
  pass: { glyph: '✓', colour: 'green' },
};

/** All statuses, worst first. */
export const STATUSES = Object.keys(STATUS_LOOKS) as readonly CellStatus[];

/** Whether a cell of this status makes a run red. */
export function isRedStatus(status: CellStatus): boolean {
  return status === 'unfinished' || VERDICTS[status].red;
}

/** Whether a cell of this status says nothing about its kernel although it is no skip. */
export function saysNothing(status: CellStatus): boolean {
  return status === 'unfinished' || isSpoiled(status);
}
