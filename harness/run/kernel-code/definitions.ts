/** A function's definition in a source in the kernel's style. */
interface Definition {
  readonly name: string;
  /** From 1, both included. */
  readonly first: number;
  readonly last: number;
}

/**
 * Finds the name of the function that a line is in, by the text: braces of functions, and nothing else, begin a line. '' for a line that is in none. gcov itself does
 * not name the function of lines that were inlined everywhere.
 */
export function functionFinder(text: readonly string[]): (line: number) => string {
  const definitions = text.flatMap((_, i) => definitionAt(text, i) ?? []);
  return line => definitions.find(({ first, last }) => first <= line && line <= last)?.name ?? '';
}

/** The definition whose body begins on a line; null where none does. */
function definitionAt(text: readonly string[], index: number): Definition | null {
  const line = text[index] ?? '';
  // `static inline void f(void) { }`
  const short = /^\w.*?(\w+)\s*\(.*\)\s*\{.*\}\s*$/.exec(line)?.[1];
  if (short !== undefined) return { name: short, first: index + 1, last: index + 1 };
  if (!line.startsWith('{')) return null;
  let first = index;
  while (first > 0 && isHead(text[first - 1] ?? '')) first -= 1;
  const name = /(\w+)\s*\(/.exec(text.slice(first, index).join(' '))?.[1];
  const end = text.findIndex((one, i) => i > index && one.startsWith('}'));
  return name === undefined || end === -1 ? null : { name, first: first + 1, last: end + 1 };
}

/** Whether a line may belong to what is in front of a body: type, name and arguments. */
function isHead(line: string): boolean {
  return line.trim() !== '' && !/^[#{}/]|^ \*|[;}]\s*$|\*\/\s*$/.test(line);
}
