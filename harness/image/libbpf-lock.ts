import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import type { AptAccess } from '../kernel/apt-state.ts';
import { compareDebianVersions } from '../kernel/debian-version.ts';
import { type SourcePackage, sourceVersions } from '../kernel/source-package.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';

const LockSchema = z.strictObject({
  package: z.literal('libbpf'),
  version: z.string().regex(/^[\w.+~:-]+$/),
  /** Suites to download it from, the first that has this version. */
  suites: z.array(z.string()).min(1),
  files: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[\w.+~-]+$/),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .min(1),
});

/** Content of images/libbpf.lock.yaml: the source package that libbpf is built from, by checksum. */
export type LibbpfLock = z.infer<typeof LockSchema>;

/** images/libbpf.lock.yaml. */
export const LIBBPF_LOCK = join(PACKAGE_ROOT, 'images', 'libbpf.lock.yaml');

const HEADER = `# Written by \`bpfrig kernels lock --libbpf\`: the source package of libbpf, by checksum. The agent is linked with it, and BPF objects are compiled
# with its headers. Nothing else is taken: if no suite has this version any more, the build reports that.
`;

/** Reads images/libbpf.lock.yaml. Throws `usage` when it is missing or invalid. */
export function loadLibbpfLock(file: string = LIBBPF_LOCK): LibbpfLock {
  try {
    return LockSchema.parse(parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    throw new BpfrigError(
      'usage',
      `${file} is not a valid lock file: write a new one with \`bpfrig kernels lock --libbpf\``,
      { detail: why },
    );
  }
}

/** Pins the newest libbpf of the lock file's suites, and returns both pins. Throws `infra` when no suite has one. */
export async function lockLibbpf(
  options: AptAccess,
  file: string = LIBBPF_LOCK,
): Promise<{ readonly before: LibbpfLock; readonly now: LibbpfLock }> {
  const before = loadLibbpfLock(file);
  const found: SourcePackage[] = [];
  for (const suite of before.suites) found.push(...(await sourceVersions('libbpf', suite, options)));
  const newest = found.toSorted((a, b) => compareDebianVersions(b.version, a.version))[0];
  if (newest === undefined)
    throw new BpfrigError('infra', `none of ${before.suites.join(', ')} has a source package libbpf`);
  // An index that is older than the pin: a mirror that has not been updated.
  if (compareDebianVersions(newest.version, before.version) < 0) return { before, now: before };
  const { version, files } = newest;
  const now: LibbpfLock = {
    package: 'libbpf',
    version,
    suites: before.suites,
    files: files.map(({ name, sha256 }) => ({ name, sha256 })),
  };
  await writeFile(file, HEADER + stringify(now, { lineWidth: 0 }));
  return { before, now };
}
