import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import type { ArchName, Flavour } from '../model/kernel.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';

const PinSchema = z.strictObject({
  suite: z.string(),
  /** Debian version of the image package. */
  version: z.string(),
  packages: z
    .array(
      z.strictObject({
        name: z.string(),
        version: z.string(),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .min(1),
});

const LockSchema = z.strictObject({ kernels: z.record(z.string(), PinSchema) });

/** The exact packages of one series and flavour. */
export type Pin = z.infer<typeof PinSchema>;

/** Content of images/kernels.lock.yaml: pins by `SERIES-FLAVOUR`. */
export type KernelLock = z.infer<typeof LockSchema>;

/** images/kernels.lock.yaml. */
export const LOCK_FILE = join(PACKAGE_ROOT, 'images', 'kernels.lock.yaml');

const HEADER = `# Written by \`bpfrig kernels lock\`: the exact packages of each kernel, by checksum. All of them were downloaded when the file was written.
# A run takes these. If one is no longer on the mirror, it takes the suite's newest kernel and reports that; with --locked it refuses.
`;

/** What a pin is of. */
export interface Pinned {
  readonly series: string;
  readonly flavour: Flavour;
  readonly arch: ArchName;
}

/** Returns the name of a pin, for example `6.12-amd64`, `7.2-cloud` or `6.12-arm64`, `7.2-cloud/arm64`. */
export function pinName({ series, flavour, arch }: Pinned): string {
  return `${series}-${flavour}${arch === 'amd64' || flavour === arch ? '' : `/${arch}`}`;
}

/** Reads the lock file. A missing file pins nothing. Throws a `usage` error if the file is invalid. */
export function loadLock(file: string = LOCK_FILE): KernelLock {
  if (!existsSync(file)) return { kernels: {} };
  try {
    return LockSchema.parse(parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    throw new BpfrigError(
      'usage',
      `${file} is not a valid lock file: write a new one with \`bpfrig kernels lock\``,
      {
        detail: why,
      },
    );
  }
}

/** Writes the lock file. */
export async function saveLock(lock: KernelLock, file: string = LOCK_FILE): Promise<void> {
  await writeFile(file, HEADER + stringify(lock, { lineWidth: 0 }));
}
