import type { Verdict } from '../model/verdict.ts';

/** What a report can say of a planned cell: its verdict, or that it never got one. */
export type CellStatus = Verdict | 'unfinished';

/** How a status looks, and whether it makes a run red. */
export interface StatusLook {
  /** One column wide and in every monospace font: never an emoji, which some terminals draw two wide. */
  readonly glyph: string;
  readonly colour: 'red' | 'green' | 'yellow' | 'magenta' | 'grey';
  /** A red cell is listed by itself at the end of a report. */
  readonly red: boolean;
}

/** Worst first, the order in which counts are listed; each status is told apart by its word, not by colour. */
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

/** The statuses, worst first. */
export const STATUSES = Object.keys(STATUS_LOOKS) as readonly CellStatus[];
