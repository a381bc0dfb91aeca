import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  ARCH_NAMES,
  type ArchName,
  type Flavour,
  FLAVOURS,
  isStock,
  type KernelSpec,
} from '../model/kernel.ts';
import { BpfrigError } from '../util/errors.ts';
import { didYouMean } from '../util/nearest.ts';
import { parseTree, variantWords } from './trees/words.ts';
import { archsOf, type Build, type Catalogue, flavoursOf, ordinal, seriesOf } from './catalogue.ts';

const GRAMMAR =
  'SERIES[-FLAVOUR][/ARCH] (6.12, 7.2-cloud, 6.12/arm64), debian:SUITE/SERIES[/FLAVOUR][/ARCH], path:FILE-OR-DIR, tree:DIR[+VARIANT], deb:FILE[,FILE…], rpm:FILE[,FILE…] (a folder or a pattern: each of its kernels) or all';

/**
 * Parses a kernel spec: `6.12`, `7.2-cloud`, `6.12/arm64`, `debian:trixie-backports/7.2/cloud`, `path:./bzImage`, `tree:../linux`, `tree:../linux+kasan,lockdep`,
 * `deb:image.deb,modules.deb`. Relative paths are resolved against `cwd`. Throws a `usage` error that names the text and, for an unknown series, the nearest existing ones.
 */
export function parseKernelSpec(text: string, catalogue: Catalogue, cwd: string = process.cwd()): KernelSpec {
  const colon = text.indexOf(':');
  if (colon < 0) return parseSeries(text, catalogue);
  const rest = text.slice(colon + 1);
  const scheme = text.slice(0, colon);
  if (rest === '' || (isPackageScheme(scheme) && !/[^,]/.test(rest)))
    throw new BpfrigError('usage', `kernel ${text}: nothing after "${scheme}:"; a kernel is ${GRAMMAR}`);
  if (scheme === 'path') return { kind: 'path', text, path: resolve(cwd, rest) };
  if (scheme === 'tree') return { kind: 'tree', text, ...parseTree(text, rest, cwd) };
  if (isPackageScheme(scheme)) return { kind: scheme, text, files: placesIn(rest, cwd), release: null };
  if (scheme === 'debian') return parseDebian(text, rest, catalogue);
  throw new BpfrigError(
    'usage',
    `kernel ${text}: "${scheme}:" is not a kernel source${didYouMean(`${scheme}:`, ['path:', 'tree:', 'debian:', 'deb:', 'rpm:'])}; a kernel is ${GRAMMAR}`,
  );
}

function isPackageScheme(scheme: string): scheme is 'deb' | 'rpm' {
  return scheme === 'deb' || scheme === 'rpm';
}

/** The places that are joined by commas; a file whose name has a comma is one place. */
function placesIn(text: string, cwd: string): string[] {
  const whole = resolve(cwd, text);
  if (existsSync(whole)) return [whole];
  return text
    .split(',')
    .filter(part => part !== '')
    .map(part => resolve(cwd, part));
}

/**
 * Returns all kernels that a command line names, in its order, each once. `all` means every series of kernels.yaml, `all/arm64` those that it has
 * for an architecture; an empty list means its default series. What names no architecture is taken for each of `archs`.
 */
export function expandKernelSpecs(
  texts: readonly string[],
  catalogue: Catalogue,
  {
    archs = ['amd64'],
    cwd = process.cwd(),
  }: { readonly archs?: readonly ArchName[]; readonly cwd?: string } = {},
): KernelSpec[] {
  const names = texts.length === 0 ? seriesOf(catalogue, 'default') : texts;
  const expanded = archs.flatMap(arch => {
    // Of a list that bpfrig makes, what an architecture does not have is no mistake.
    const those = (list: readonly string[], one: ArchName): string[] =>
      list
        .filter(series => flavoursOf(catalogue, series, one).length > 0)
        .map(series => withArch(series, one));
    if (texts.length === 0) return those(names, arch);
    return texts.flatMap(text => {
      const [, own] = /^all(?:\/(.*))?$/.exec(text) ?? [null, null];
      if (own === null) return [withArch(text, arch)];
      return those(seriesOf(catalogue, 'all'), own === undefined ? arch : knownArch(text, own));
    });
  });
  if (expanded.length === 0)
    throw new BpfrigError(
      'usage',
      `no series of images/kernels.yaml that is asked for has a kernel for ${archs.join(', ')}`,
    );
  const specs = [...new Set(expanded)].map(text => parseKernelSpec(text, catalogue, cwd));
  // One kernel may have two names, such as 7.3 and 7.3-amd64; the first one stays.
  const seen = new Set<string>();
  return specs.filter(({ text: _text, ...kernel }) => {
    const key = JSON.stringify(kernel);
    return !seen.has(key) && seen.add(key);
  });
}

/** A name of a Debian kernel with its architecture, where it names none. */
function withArch(text: string, arch: ArchName): string {
  if (arch === 'amd64' || /^(?!debian:)\w+:/.test(text)) return text;
  return ARCH_NAMES.some(name => text.endsWith(`/${name}`)) ? text : `${text}/${arch}`;
}

/**
 * Returns the labels of matrix columns, unique among these specs: `6.12`, `7.2-cloud`, `6.12/arm64`, `6.12-rt@trixie`, `path:bzImage`, `tree:linux+kasan`, `deb:6.12.117+deb13-amd64`. Paths with
 * the same end are labelled with as many parent folders as are needed to make them differ.
 */
export function kernelLabels(specs: readonly KernelSpec[]): string[] {
  return specs.map(spec => {
    if (spec.kind === 'debian') return debianLabel(spec);
    if (isOnlyOfItsRelease(spec, specs)) return `${spec.kind}:${spec.release}`;
    const others = specs
      .filter(other => other !== spec && other.kind !== 'debian')
      .map(other => `${pathOf(other)}${variantOf(other)}`);
    const parts = pathOf(spec).split('/');
    for (let taken = 1; taken < parts.length; taken++) {
      const tail = `${parts.slice(-taken).join('/')}${variantOf(spec)}`;
      if (!others.some(other => other === tail || other.endsWith(`/${tail}`))) return `${spec.kind}:${tail}`;
    }
    return spec.text;
  });
}

/** Whether a kernel in packages can be named by its release. */
function isOnlyOfItsRelease<T extends KernelSpec>(
  spec: T,
  specs: readonly KernelSpec[],
): spec is T & { readonly release: string } {
  const hasRelease = (one: KernelSpec): boolean =>
    one.kind === spec.kind && 'release' in one && 'release' in spec && one.release === spec.release;
  return 'release' in spec && spec.release !== null && specs.filter(hasRelease).length === 1;
}

function debianLabel(spec: Extract<KernelSpec, { kind: 'debian' }>): string {
  return `${buildName(spec)}${spec.suite === null ? '' : `@${spec.suite}`}`;
}

/** The name of a build as a kernel spec: `6.12`, `7.2-cloud`, `6.12-16k/arm64`. */
export function buildName({ series, flavour, arch }: Build): string {
  return `${series}${isStock(flavour) ? '' : `-${flavour}`}${arch === 'amd64' ? '' : `/${arch}`}`;
}

/** A flavour as Debian names it: `amd64`, `cloud-amd64`, `arm64-16k`. */
export function flavourName({ flavour, arch }: Pick<Build, 'flavour' | 'arch'>): string {
  if (isStock(flavour)) return arch;
  return flavour === '16k' ? `${arch}-${flavour}` : `${flavour}-${arch}`;
}

/** What a variant of a tree has behind its name: `+kasan,lockdep`. */
function variantOf(spec: KernelSpec): string {
  return spec.kind === 'tree' && spec.variant !== null ? `+${variantWords(spec.variant)}` : '';
}

function pathOf(spec: KernelSpec): string {
  switch (spec.kind) {
    case 'path':
      return spec.path;
    case 'tree':
      return spec.dir;
    case 'deb':
    case 'rpm':
      return spec.files[0] ?? '';
    case 'debian':
      return '';
  }
}

function parseSeries(text: string, catalogue: Catalogue): KernelSpec {
  const [name = '', archText, ...more] = text.split('/');
  if (more.length > 0)
    throw new BpfrigError('usage', `kernel ${text}: more than one "/"; a kernel is ${GRAMMAR}`);
  const arch = archText === undefined ? 'amd64' : knownArch(text, archText);
  const [, begin = '', end] = /^([\d.]+)-(\w+)$/.exec(name) ?? [];
  if (end !== undefined && !isFlavour(end) && Object.hasOwn(catalogue.series, begin))
    throw noFlavour(text, end);
  const known =
    end !== undefined && isFlavour(end) ? { series: begin, flavour: end } : { series: name, flavour: arch };
  const series = knownSeries(text, known.series, catalogue);
  const flavours = flavoursOf(catalogue, series, arch);
  if (flavours.length === 0) {
    const archs = archsOf(catalogue, series).join(', ');
    throw new BpfrigError(
      'usage',
      `kernel ${text}: series ${series} has no kernel for ${arch}, only for ${archs}`,
    );
  }
  const { flavour } = known;
  if (!flavours.includes(flavour)) {
    const of = arch === 'amd64' ? '' : ` for ${arch}`;
    throw new BpfrigError(
      'usage',
      `kernel ${text}: series ${series} has only the flavours ${flavours.join(', ')}${of}`,
    );
  }
  return { kind: 'debian', text, suite: null, series, flavour, arch };
}

function parseDebian(text: string, rest: string, catalogue: Catalogue): KernelSpec {
  const [suite = '', seriesText, ...more] = rest.split('/');
  const last = more.at(-1);
  const arch =
    last !== undefined && isArch(last) ? last : more.length > 1 ? knownArch(text, last ?? '') : 'amd64';
  // debian:SUITE/SERIES/amd64 has always named the flavour, which is the same.
  const [flavour = arch, ...rests] = last === arch ? more.slice(0, -1) : more;
  if (seriesText === undefined || rests.length > 0) {
    throw new BpfrigError('usage', `kernel ${text}: must be debian:SUITE/SERIES[/FLAVOUR][/ARCH]`);
  }
  if (!Object.hasOwn(catalogue.suites, suite)) {
    const suites = Object.keys(catalogue.suites).join(', ');
    throw new BpfrigError(
      'usage',
      `kernel ${text}: no suite "${suite}" in images/kernels.yaml${didYouMean(suite, Object.keys(catalogue.suites))}; it has ${suites}`,
    );
  }
  if (!isFlavour(flavour)) throw noFlavour(text, flavour);
  // A suite can have a series that kernels.yaml does not list, so only the format is checked here.
  if (!/^\d+\.\d+$/.test(seriesText)) knownSeries(text, seriesText, catalogue);
  return { kind: 'debian', text, suite, series: seriesText, flavour, arch };
}

function noFlavour(text: string, flavour: string): BpfrigError {
  const nearest = didYouMean(flavour, FLAVOURS);
  return new BpfrigError(
    'usage',
    `kernel ${text}: no flavour "${flavour}"${nearest}; the flavours are ${FLAVOURS.join(', ')}`,
  );
}

function isFlavour(text: string): text is Flavour {
  return (FLAVOURS as readonly string[]).includes(text);
}

function isArch(text: string): text is ArchName {
  return (ARCH_NAMES as readonly string[]).includes(text);
}

/** Names of architectures that others have for them: uname(1), the kernel's Makefile, Go. */
const OTHER_NAMES: Readonly<Record<string, ArchName>> = {
  x86_64: 'amd64',
  x86: 'amd64',
  aarch64: 'arm64',
  s390: 's390x',
  riscv: 'riscv64',
};

function knownArch(text: string, arch: string): ArchName {
  if (isArch(arch)) return arch;
  const other = Object.hasOwn(OTHER_NAMES, arch) ? OTHER_NAMES[arch] : undefined;
  const nearest = other === undefined ? didYouMean(arch, ARCH_NAMES) : `: did you mean ${other}?`;
  throw new BpfrigError(
    'usage',
    `kernel ${text}: no architecture "${arch}"${nearest}; the architectures are ${ARCH_NAMES.join(', ')}`,
  );
}

function knownSeries(text: string, series: string, catalogue: Catalogue): string {
  if (Object.hasOwn(catalogue.series, series)) return series;
  const gone = Object.hasOwn(catalogue.gone, series) ? catalogue.gone[series] : undefined;
  const why = gone ? `series ${series} is unavailable: ${gone}` : `no series "${series}" is known`;
  const known = seriesOf(catalogue, 'all');
  if (!/^\d+\.\d+/.test(series)) {
    throw new BpfrigError(
      'usage',
      `kernel ${text}: ${why}; a kernel is ${GRAMMAR}; series are ${known.join(', ')}`,
    );
  }
  const nearest = known
    .toSorted((a, b) => Math.abs(ordinal(a) - ordinal(series)) - Math.abs(ordinal(b) - ordinal(series)))
    .slice(0, 2)
    .sort((a, b) => ordinal(a) - ordinal(b));
  throw new BpfrigError('usage', `kernel ${text}: ${why}; nearest are ${nearest.join(' and ')}`);
}
