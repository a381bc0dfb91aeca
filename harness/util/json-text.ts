/**
 * Returns a value as JSON. `##[`, which GitHub's and Azure's logs take for a command anywhere in a line, is written with an escape, so that
 * the JSON can be printed there; it can only stand in a text, and the value stays the same.
 */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replaceAll('##[', '#\\u0023[');
}
