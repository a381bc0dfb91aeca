/** Columns of a line of prose on a mailing list. */
export const COLUMNS = 72;

/** Returns prose in lines of at most {@link COLUMNS}, each after `indent`; a word that is longer has a line of its own. */
export function wrapped(text: string, indent = '', hanging = indent): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter(one => one !== '')) {
    const start = lines.length === 0 ? indent : hanging;
    if (line !== '' && start.length + line.length + 1 + word.length > COLUMNS) {
      lines.push(start + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, (lines.length === 0 ? indent : hanging) + line];
}

/** Returns a shell command in lines that continue with a backslash. It is broken before options only, so that it stays one command. */
export function wrappedCommand(command: string, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of command.split(/ (?=-)/)) {
    if (line !== '' && indent.length + line.length + word.length + 3 > COLUMNS) {
      lines.push(`${indent}${line} \\`);
      line = `  ${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, indent + line];
}
