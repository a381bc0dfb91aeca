import { join } from 'node:path';
import type { LoadCell } from '../../model/load-report.ts';

/** Where the log of a program lies below `--log-dir`: `6.12/sub_fw.bpf.o/filter.log`. */
export function logFile({ kernel, file_name, prog_name }: LoadCell): string {
  return join(safe(kernel), safe(file_name), `${safe(prog_name)}.log`);
}

/** One name of a folder or a file, whatever an object is called. */
function safe(text: string): string {
  return text.replace(/[^\w.+~-]/g, '_').replace(/^\.+$/, '_');
}
