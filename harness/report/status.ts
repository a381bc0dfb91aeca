import { VERDICTS, isSpoiled, type Verdict } from '../model/verdict.ts';

/** What a report can say of a planned cell: its verdict, or that it never got one. */
export type CellStatus = Verdict | 'unfinished';

/** How a status looks. */
export interface StatusLook {
  /** One column wide and in every monospace font: never an emoji, which some terminals draw two wide. */
  readonly glyph: string;
  readonly colour: 'red' | 'green' | 'yellow' | 'magenta' | 'grey';
}

/** Worst first, the order in which counts are listed. The word of a status distinguishes it from others, not its colour. */
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

/** The statuses, worst first. */
export const STATUSES = Object.keys(STATUS_LOOKS) as readonly CellStatus[];

/** Whether a cell of this status makes a run red. */
export function isRedStatus(status: CellStatus): boolean {
  return status === 'unfinished' || VERDICTS[status].red;
}

/** Whether a cell of this status says nothing about its kernel although it is no skip. */
export function saysNothing(status: CellStatus): boolean {
  return status === 'unfinished' || isSpoiled(status);
}
