import type { z } from 'zod';
import { didYouMean } from '../util/nearest.ts';
import type { Path, Problem, Source } from './places.ts';
import { knownKeys, meaningOf } from './json-schema.ts';

type Issue = z.core.$ZodIssue;

/**
 * Says what a schema found, in the scenario's own terms. `data` is what was checked; `origin` turns a path in it into the
 * path in the file, since steps of other variants have been left out; `keysAt` has the keys that a mapping at a path may have.
 */
export function explainIssue(
  issue: Issue,
  data: unknown,
  source: Source,
  origin: (path: Path) => Path,
  keysAt: (path: Path) => readonly string[] = knownKeys,
): Problem[] {
  const path = origin(issue.path);
  const value = valueAt(data, issue.path);
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(issue.path);
    return issue.keys.map(key => ({
      place: source.place([...path, key], 'key'),
      text: `unknown key \`${key}\`${didYouMean(key, known)}`,
    }));
  }
  if (issue.code === 'invalid_union') {
    // Of several shapes that a mapping can have, the one that it comes nearest to.
    const [branch] = issue.errors
      .filter(issues => !issues.some(({ path: inner }) => inner.length === 0 && isTypeIssue(issues)))
      .toSorted((a, b) => distance(a) - distance(b));
    if (branch) {
      return branch.flatMap(inner =>
        explainIssue(
          { ...inner, path: [...issue.path, ...inner.path] } as Issue,
          data,
          source,
          origin,
          keysAt,
        ),
      );
    }
  }
  const place = source.place(path);
  if (value === undefined) {
    const meaning = meaningOf(issue.path);
    const text = `missing key \`${String(issue.path.at(-1))}\``;
    return [{ place, text: meaning === '' ? text : `${text}: ${meaning}` }];
  }
  return [{ place, text: `${pathText(path)}: ${complaint(issue, value, source.written(path))}` }];
}

function distance(issues: readonly Issue[]): number {
  return issues.reduce((sum, one) => sum + (one.code === 'unrecognized_keys' ? one.keys.length : 1), 0);
}

function isTypeIssue(issues: readonly Issue[]): boolean {
  return issues.some(issue => issue.code === 'invalid_type' && issue.path.length === 0);
}

function complaint(issue: Issue, value: unknown, written: string | null): string {
  if (typeof value === 'number' && !Number.isInteger(value) && wantsText(issue)) {
    const text = written;
    if (text === null) return `\`${value}\` is a number, and must be a text`;
    return `YAML reads \`${text}\` as the number ${value}: quote it, "${text}"`;
  }
  if (typeof value === 'number' && issue.code === 'invalid_type' && issue.expected === 'string') {
    if (written === null) return `\`${value}\` is a number, and must be a text`;
    return `YAML reads \`${written}\` as a number: quote it, "${written}"`;
  }
  if (issue.code === 'invalid_value') {
    const choices = issue.values.map(String);
    return `\`${String(value)}\` is not one of ${choices.join(', ')}${didYouMean(String(value), choices)}`;
  }
  if (issue.code === 'invalid_format' && issue.format === 'regex') {
    return `\`${String(value)}\` does not match ${issue.pattern}`;
  }
  if (issue.code === 'invalid_union') {
    const wants = issue.errors.map(branch =>
      branch.map(inner => complaint(inner, value, written)).join(', '),
    );
    return [...new Set(wants)].join('; or ');
  }
  return issue.message.replace(/^Invalid input: /, '').replace(/^[A-Z]/, letter => letter.toLowerCase());
}

function wantsText(issue: Issue): boolean {
  if (issue.code === 'invalid_type') return issue.expected === 'string';
  return issue.code === 'invalid_union' && issue.errors.some(branch => branch.some(wantsText));
}

function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) => (value as Record<PropertyKey, unknown> | null | undefined)?.[part],
    data,
  );
}

function pathText(path: Path): string {
  const text = path.map(part => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return text.replace(/^\./, '') || 'the document';
}
