/** Reports progress: one line on stderr. */
export function onProgress(line: string): void {
  process.stderr.write(`bpfrig: ${line}\n`);
}
