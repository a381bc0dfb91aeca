import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { BisectAnswer, BisectedKernel } from '../model/bisect-answer.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';

/** The answer of a bisect, in its folder. */
export const BISECT_FILE = 'bisect.json';

const kernel: z.ZodType<BisectedKernel> = z.object({ label: z.string(), version: z.string().nullable() });

const answer: z.ZodType<BisectAnswer> = z.object({
  scenarios: z.array(z.string()),
  variant: z.record(z.string(), z.array(z.string())),
  question: z.string(),
  heldBefore: z.boolean(),
  before: kernel,
  first: kernel,
  between: z.array(z.string()),
});

/** Keeps an answer in the folder of the bisect. Throws what the file system does. */
export function writeBisectAnswer(dir: string, found: BisectAnswer): void {
  writeFileSync(join(dir, BISECT_FILE), `${JSON.stringify(found, null, 2)}\n`);
}

/** Reads an answer. Throws `usage` for a folder without one, and for a file that is not what a bisect wrote. */
export function readBisectAnswer(dir: string): BisectAnswer {
  const path = join(dir, BISECT_FILE);
  try {
    return answer.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    const why = error instanceof z.ZodError ? 'it is not what `bisect` writes' : messageOf(error);
    throw new BpfrigError('usage', `${path}: ${why}: name the folder of a bisect that found a change`);
  }
}
