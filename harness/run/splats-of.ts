import type { Testbed } from '../guest/testbed.ts';
import { scanLog, withoutTime } from '../vm/splats.ts';

/** First lines of the splats on the consoles of guests and in a kernel's log, each once: the same one reaches both, with different times. */
export async function splatsOf(bed: Testbed, log: readonly string[]): Promise<string[]> {
  const logged = scanLog(log).map(({ line }) => withoutTime(line));
  return [...new Set([...(await bed.complaints()), ...logged])];
}
