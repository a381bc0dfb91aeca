import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { ARCH_NAMES, type ArchName, type Flavour, FLAVOURS } from '../model/kernel.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';

const Series = z.string().regex(/^\d+\.\d+$/, 'a series must be quoted text such as "6.12"');
const FlavourNames = z.array(z.enum(FLAVOURS)).min(1);
const Suites = z.array(z.string()).min(1);
const OTHER_ARCHS = ARCH_NAMES.filter(name => name !== 'amd64');

const CatalogueSchema = z
  .strictObject({
    series: z.record(
      Series,
      z.strictObject({
        default: z.boolean(),
        suites: Suites,
        flavours: FlavourNames,
        architectures: z
          .partialRecord(
            z.enum(OTHER_ARCHS),
            z.strictObject({ suites: Suites.optional(), flavours: FlavourNames }),
          )
          .default({}),
      }),
    ),
    gone: z.record(Series, z.string()).default({}),
    suites: z.record(
      z.string().regex(/^[a-z][a-z0-9-]*$/),
      z.strictObject({
        archive: z.enum(['debian', 'debian-security']),
        /** Why the index's Valid-Until date is ignored; null if it is checked. */
        ignoreValidUntil: z.string().nullable().default(null),
      }),
    ),
  })
  .superRefine((catalogue, context) => {
    for (const [series, entry] of Object.entries(catalogue.series)) {
      const others = Object.values(entry.architectures).flatMap(other => other?.suites ?? []);
      for (const suite of [...entry.suites, ...others]) {
        if (Object.hasOwn(catalogue.suites, suite)) continue;
        context.addIssue({
          code: 'custom',
          path: ['series', series],
          message: `suite ${suite} is not in suites`,
        });
      }
    }
  });

/** The content of images/kernels.yaml: series, the suites that carry them, and series that no mirror has any more. The file explains its fields. */
export type Catalogue = z.infer<typeof CatalogueSchema>;

/** The project's kernels.yaml. Its comments are the documentation. */
export const CATALOGUE_FILE = join(PACKAGE_ROOT, 'images', 'kernels.yaml');

/** Reads kernels.yaml. Throws a `usage` error that names the file and what is wrong with it. */
export function loadCatalogue(file: string = CATALOGUE_FILE): Catalogue {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new BpfrigError('usage', `${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  return parseCatalogue(text, file);
}

/** Like `loadCatalogue`, but from text; `file` is used only in messages. */
export function parseCatalogue(text: string, file: string): Catalogue {
  let value: unknown;
  try {
    // Parsed to a Map, because an object would turn a key that YAML reads as a number (6.10 -> 6.1) into text. It must be refused.
    const map: unknown = parse(text, { mapAsMap: true });
    refuseNumericSeries(map, file);
    value = parse(text);
  } catch (error) {
    if (error instanceof BpfrigError) throw error;
    throw new BpfrigError('usage', `${file}: not valid YAML: ${messageOf(error).split('\n')[0]}`, {
      cause: error,
    });
  }
  const result = CatalogueSchema.safeParse(value);
  if (result.success) return result.data;
  throw new BpfrigError(
    'usage',
    `${file}: ${result.error.issues[0]?.path.join('.')}: ${result.error.issues[0]?.message}`,
    {
      detail: z.prettifyError(result.error),
    },
  );
}

function refuseNumericSeries(document: unknown, file: string): void {
  if (!(document instanceof Map)) return;
  for (const section of ['series', 'gone']) {
    const entries: unknown = document.get(section);
    if (!(entries instanceof Map)) continue;
    for (const key of entries.keys()) {
      if (typeof key !== 'number') continue;
      throw new BpfrigError(
        'usage',
        `${file}: ${section}: YAML reads the series ${key} as a number (6.10 would become 6.1): quote it`,
      );
    }
  }
}

/** The series of a catalogue, oldest first. */
export function seriesOf(catalogue: Catalogue, which: 'default' | 'all'): string[] {
  return Object.keys(catalogue.series)
    .filter(series => which === 'all' || catalogue.series[series]?.default === true)
    .sort(compareSeries);
}

/** One build of a series. */
export interface Build {
  readonly series: string;
  readonly flavour: Flavour;
  readonly arch: ArchName;
}

/** The flavours that a series has for an architecture; none where it has no kernel for it. */
export function flavoursOf(catalogue: Catalogue, series: string, arch: ArchName): readonly Flavour[] {
  const entry = catalogue.series[series];
  return (arch === 'amd64' ? entry?.flavours : entry?.architectures[arch]?.flavours) ?? [];
}

/** The suites that have a series for an architecture, in the order in which they are tried. */
export function suitesOf(
  catalogue: Catalogue,
  { series, arch }: Pick<Build, 'series' | 'arch'>,
): readonly string[] {
  const entry = catalogue.series[series];
  const own = arch === 'amd64' ? undefined : entry?.architectures[arch]?.suites;
  return own ?? entry?.suites ?? [];
}

/** The architectures of a series. */
export function archsOf(catalogue: Catalogue, series: string): ArchName[] {
  return ARCH_NAMES.filter(arch => flavoursOf(catalogue, series, arch).length > 0);
}

/** Every build that a catalogue lists for these architectures, one after the other: oldest series first. */
export function allBuilds(catalogue: Catalogue, archs: readonly ArchName[] = ARCH_NAMES): Build[] {
  return archs.flatMap(arch =>
    seriesOf(catalogue, 'all').flatMap(series =>
      flavoursOf(catalogue, series, arch).map(flavour => ({ series, flavour, arch })),
    ),
  );
}

/** Compares two series; `6.9` is before `6.12`. */
export function compareSeries(a: string, b: string): number {
  return ordinal(a) - ordinal(b);
}

/** A number that orders series. Within one major version, the difference of two is the difference of their minor versions. */
export function ordinal(series: string): number {
  const [major, minor] = series.split('.').map(Number);
  return (major ?? 0) * 1000 + (minor ?? 0);
}
