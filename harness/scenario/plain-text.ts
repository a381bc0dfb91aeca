import { z } from 'zod';

/**
 * Characters that a name or a title cannot have, because it goes into ids, names of folders, terminals and reports: control characters, line
 * separators, marks that turn the direction of writing, and halves of surrogate pairs.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

/** What is wrong with a name or a title, or null. */
export function unprintable(text: string): string | null {
  const found = UNPRINTABLE.exec(text)?.[0];
  if (found === undefined) return null;
  const code = (found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `has the character U+${code}, which cannot be shown: take it out`;
}

/** One line of text that can be shown everywhere. */
export const plainText = z
  .string()
  .refine(text => unprintable(text) === null, { error: issue => unprintable(String(issue.input)) ?? '' });
