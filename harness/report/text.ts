import type { Cell, Variant } from '../model/cell.ts';

// Guests choose what is on their consoles: nothing of it may move a cursor, recolour a terminal or hide text.
/* oxlint-disable no-control-regex -- control characters are what these are for */
const ANSI = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/* oxlint-enable no-control-regex */
const SEGMENTER = new Intl.Segmenter('en', { granularity: 'grapheme' });
const WIDE =
  /\p{Emoji_Presentation}|\ufe0f|\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}/u;

/** Text that a terminal shows as it is: no escape sequences, other control characters as `\x07`, tabs and newlines kept. */
export function plain(text: string): string {
  return text
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(/\r\n/g, '\n')
    .replace(ANSI, '')
    .replace(CONTROL, c => {
      const code = c.charCodeAt(0);
      return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
    });
}

/** `plain`, and on one line. */
export function oneLine(text: string): string {
  return plain(text)
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\t/g, ' ')
    .trim();
}

/** Columns that a text without escape sequences takes on a terminal. */
export function textWidth(text: string): number {
  let columns = 0;
  for (const { segment } of SEGMENTER.segment(text)) columns += WIDE.test(segment) ? 2 : 1;
  return columns;
}

/** Text filled with spaces up to a width in columns. */
export function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}

/** More code units than any one character that means something: emoji of a family have 11. */
const LONGEST_CHARACTER = 16;

/** The last of many lines, each on one line and cut to a width: as much of a long text as a report has room for. */
export function lastLines(lines: readonly string[], most: number, width: number): string[] {
  return lines.slice(-Math.max(0, most)).map(line => tameLine(line, width));
}

/** A line of a console is one line however it was cut up, and no report is improved by a megabyte of one. */
export function tameLine(line: string, width: number): string {
  const near = line.slice(0, width * LONGEST_CHARACTER);
  const text = plain(near).replace(/\n/g, '\\n').replace(/\t/g, '    ').trimEnd();
  return near.length < line.length ? `${cutTo(text, width - 1).replace(/…$/, '')}…` : cutTo(text, width);
}

/** Text cut to a width in columns, with an ellipsis where something was cut. */
export function cutTo(text: string, width: number): string {
  // A console without a newline is one line of megabytes, and taking all of it apart into characters takes seconds.
  const near = text.slice(0, Math.max(0, width) * LONGEST_CHARACTER);
  if (near.length === text.length && textWidth(text) <= width) return text;
  let out = '';
  let columns = 0;
  for (const { segment } of SEGMENTER.segment(near)) {
    columns += WIDE.test(segment) ? 2 : 1;
    if (columns > width - 1) break;
    out += segment;
  }
  return `${out}…`;
}

/** `412 ms`, `1.2 s`, `3 min 05 s`. */
export function formatMs(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** `1 cell`, `2 cells`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** `nic=veth mode=native`; empty for a scenario without axes. */
export function variantText(variant: Variant): string {
  return oneLine(
    Object.entries(variant)
      .map(([axis, choice]) => `${axis}=${choice}`)
      .join(' '),
  );
}

/** `cpumap/redirect/one-cpu [nic=veth mode=native]`: a cell within its kernel. */
export function cellLabel(cell: Cell): string {
  const variant = variantText(cell.variant);
  return variant === '' ? oneLine(cell.scenario) : `${oneLine(cell.scenario)} [${variant}]`;
}
