import { inert, oneLine } from '../report/text.ts';

/** Reports progress: one line on stderr. What host commands and guests say is shown literally. */
export function onProgress(line: string): void {
  process.stderr.write(`bpfrig: ${inert(oneLine(line))}\n`);
}
