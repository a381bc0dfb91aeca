import type { Verdict } from '../model/verdict.ts';

/** The status of a planned cell in a report: its verdict, or `unfinished`. */
export type CellStatus = Verdict | 'unfinished';

/** The appearance of a status, and whether it makes a run red. */
export interface StatusLook {
  /** One column wide and in every monospace font. Not an emoji: some terminals draw these two columns wide. */
  readonly glyph: string;
  readonly colour: 'red' | 'green' | 'yellow' | 'magenta' | 'grey';
  /** Red cells are listed individually at the end of a report. */
  readonly red: boolean;
}

/** Worst first; counts are listed in this order. Statuses are distinguished by the word, not only by colour. */
export const STATUS_LOOKS: Readonly<Record<CellStatus, StatusLook>> = {
  panic: { glyph: '✗', colour: 'red', red: true },
  hang: { glyph: '✗', colour: 'red', red: true },
  fail: { glyph: '✗', colour: 'red', red: true },
  fixed: { glyph: '↑', colour: 'red', red: true },
  error: { glyph: '!', colour: 'magenta', red: true },
  infra: { glyph: '!', colour: 'magenta', red: true },
  unfinished: { glyph: '?', colour: 'magenta', red: true },
  known: { glyph: '~', colour: 'yellow', red: false },
  skip: { glyph: '-', colour: 'grey', red: false },
  pass: { glyph: '✓', colour: 'green', red: false },
};

/** All statuses, worst first. */
export const STATUSES = Object.keys(STATUS_LOOKS) as readonly CellStatus[];
