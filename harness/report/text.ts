import type { Cell, Variant } from '../model/cell.ts';

// A guest controls the text on its console. This text must not move the cursor, colour the terminal or hide other text.
/* oxlint-disable no-control-regex -- these expressions match control characters */
const ANSI = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/* oxlint-enable no-control-regex */
const SEGMENTER = new Intl.Segmenter('en', { granularity: 'grapheme' });
const WIDE =
  /\p{Emoji_Presentation}|\ufe0f|\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}/u;

/** Returns text that a terminal shows literally: without escape sequences, other control characters as `\x07`; tabs and newlines are kept. */
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

/** Like `plain`, and on one line. */
export function oneLine(text: string): string {
  return plain(text)
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\t/g, ' ')
    .trim();
}

/** Returns the width, in columns, of a text without escape sequences on a terminal. */
export function textWidth(text: string): number {
  let columns = 0;
  for (const { segment } of SEGMENTER.segment(text)) columns += WIDE.test(segment) ? 2 : 1;
  return columns;
}

/** Pads text with spaces to a width in columns. */
export function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}

/** More UTF-16 code units than any useful character has: a family emoji has 11. */
const LONGEST_CHARACTER = 16;

/** Returns the last lines of a long text, each cut to a width in columns. */
export function lastLines(lines: readonly string[], most: number, width: number): string[] {
  return lines.slice(-Math.max(0, most)).map(line => tameLine(line, width));
}

/** Returns one line of a console, on one line and cut to a width in columns, with an ellipsis if something was removed. */
export function tameLine(line: string, width: number): string {
  const near = line.slice(0, width * LONGEST_CHARACTER);
  const text = plain(near).replace(/\n/g, '\\n').replace(/\t/g, '    ').trimEnd();
  return near.length < line.length ? `${cutTo(text, width - 1).replace(/…$/, '')}…` : cutTo(text, width);
}

/** Cuts text to a width in columns, with an ellipsis if something was removed. */
export function cutTo(text: string, width: number): string {
  // A console without newlines is one line of megabytes, and splitting all of it into characters takes seconds.
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

/** Returns a duration such as `412 ms`, `1.2 s` or `3 min 05 s`. */
export function formatMs(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** Returns a number with its noun: `1 cell`, `2 cells`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** Returns the variant as text, `nic=veth mode=native`; '' for a scenario without axes. */
export function variantText(variant: Variant): string {
  return oneLine(
    Object.entries(variant)
      .map(([axis, choice]) => `${axis}=${choice}`)
      .join(' '),
  );
}

/** Returns the name of a cell without its kernel: `cpumap/redirect/one-cpu [nic=veth mode=native]`. */
export function cellLabel(cell: Cell): string {
  const variant = variantText(cell.variant);
  return variant === '' ? oneLine(cell.scenario) : `${oneLine(cell.scenario)} [${variant}]`;
}
