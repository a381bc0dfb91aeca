import type { Cell, Variant } from '../model/cell.ts';

/**
 * Characters that are shown as their codes. A guest controls the text on its console: it must not move the cursor, colour the terminal, turn
 * the direction of writing, hide other text or end a line where a parser sees an end. Control and format characters, halves of surrogate
 * pairs, separators; not tab and newline, nor the joiners in emoji and in scripts that need them.
 */
const SHOWN_AS_CODE = /(?![\t\n\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const SEGMENTER = new Intl.Segmenter('en', { granularity: 'grapheme' });
const WIDE =
  /\p{Emoji_Presentation}|\ufe0f|\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}/u;

/**
 * Returns text that every form shows literally: control characters and others that are not seen as `\x1b` or `\u202e`; tabs and newlines
 * are kept. `##[`, which GitHub's and Azure's logs take for a command anywhere in a line, becomes `#\x23[`.
 */
export function plain(text: string): string {
  return text
    .replace(/\r\n/g, '\n')
    .replace(SHOWN_AS_CODE, shownCode)
    .replace(/##(?=\[)/g, '#\\x23');
}

function shownCode(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x100) return `\\x${hex.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`;
}

/**
 * Returns text for a log: `plain`, and no line begins with `::`, which GitHub takes for a command. For text of several lines that is
 * written to stdout or stderr.
 */
export function logText(text: string): string {
  return inert(plain(text));
}

/** Returns lines that may be coloured already with the first of two leading colons shown as its code. */
export function inert(text: string): string {
  return text.replace(/^([^\S\n]*):(?=:)/gm, '$1\\x3a');
}

/** Like `plain`, and on one line. */
export function oneLine(text: string): string {
  // Not by an expression: those for blanks on both sides of a newline take time with the square of a run of blanks.
  return plain(text)
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
    .join(' ')
    .replace(/\t/g, ' ');
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
