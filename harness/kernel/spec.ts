import { resolve } from 'node:path';
import type { Flavour, KernelSpec } from '../model/kernel.ts';
import { BpfrigError } from '../util/errors.ts';
import { didYouMean } from '../util/nearest.ts';
import { type Catalogue, ordinal, seriesOf } from './catalogue.ts';

const GRAMMAR =
  'SERIES[-FLAVOUR] (6.12, 7.2-cloud), debian:SUITE/SERIES[/FLAVOUR], path:FILE-OR-DIR, tree:DIR or all';

/**
 * Parses a kernel spec: `6.12`, `7.2-cloud`, `debian:trixie-backports/7.2/cloud`, `path:./bzImage`, `tree:../linux`. Relative paths
 * are resolved against `cwd`. Throws a `usage` error that names the text and, for an unknown series, the nearest existing ones.
 */
export function parseKernelSpec(text: string, catalogue: Catalogue, cwd: string = process.cwd()): KernelSpec {
  const colon = text.indexOf(':');
  if (colon < 0) return parseSeries(text, catalogue);
  const rest = text.slice(colon + 1);
  const scheme = text.slice(0, colon);
  if (rest === '')
    throw new BpfrigError('usage', `kernel ${text}: nothing after "${scheme}:"; a kernel is ${GRAMMAR}`);
  if (scheme === 'path') return { kind: 'path', text, path: resolve(cwd, rest) };
  if (scheme === 'tree') return { kind: 'tree', text, dir: resolve(cwd, rest) };
  if (scheme === 'debian') return parseDebian(text, rest, catalogue);
  throw new BpfrigError(
    'usage',
    `kernel ${text}: "${scheme}:" is not a kernel source${didYouMean(`${scheme}:`, ['path:', 'tree:', 'debian:'])}; a kernel is ${GRAMMAR}`,
  );
}

/**
 * Returns all kernels that a command line names, in its order, each once. `all` means every series of kernels.yaml; an empty list
 * means its default series.
 */
export function expandKernelSpecs(
  texts: readonly string[],
  catalogue: Catalogue,
  cwd: string = process.cwd(),
): KernelSpec[] {
  const names = texts.length === 0 ? seriesOf(catalogue, 'default') : texts;
  const expanded = names.flatMap(text => (text === 'all' ? seriesOf(catalogue, 'all') : [text]));
  const specs = [...new Set(expanded)].map(text => parseKernelSpec(text, catalogue, cwd));
  // One kernel may have two names, such as 7.3 and 7.3-amd64; the first one stays.
  const seen = new Set<string>();
  return specs.filter(({ text: _text, ...kernel }) => {
    const key = JSON.stringify(kernel);
    return !seen.has(key) && seen.add(key);
  });
}

/**
 * Returns the labels of matrix columns, unique among these specs: `6.12`, `7.2-cloud`, `6.12-rt@trixie`, `path:bzImage`. Paths with
 * the same end are labelled with as many parent folders as are needed to make them differ.
 */
export function kernelLabels(specs: readonly KernelSpec[]): string[] {
  return specs.map(spec => {
    if (spec.kind === 'debian') return debianLabel(spec);
    const others = specs.filter(other => other !== spec && other.kind !== 'debian').map(pathOf);
    const parts = pathOf(spec).split('/');
    for (let taken = 1; taken < parts.length; taken++) {
      const tail = parts.slice(-taken).join('/');
      if (!others.some(other => other === tail || other.endsWith(`/${tail}`))) return `${spec.kind}:${tail}`;
    }
    return spec.text;
  });
}

function debianLabel(spec: Extract<KernelSpec, { kind: 'debian' }>): string {
  const flavour = spec.flavour === 'amd64' ? '' : `-${spec.flavour}`;
  return `${spec.series}${flavour}${spec.suite === null ? '' : `@${spec.suite}`}`;
}

function pathOf(spec: KernelSpec): string {
  return spec.kind === 'path' ? spec.path : spec.kind === 'tree' ? spec.dir : '';
}

function parseSeries(text: string, catalogue: Catalogue): KernelSpec {
  const match = /^(.*)-(amd64|cloud|rt)$/.exec(text);
  const [, begin = '', end] = /^([\d.]+)-(\w+)$/.exec(text) ?? [];
  if (match === null && end !== undefined && Object.hasOwn(catalogue.series, begin))
    throw noFlavour(text, end);
  const series = knownSeries(text, match?.[1] ?? text, catalogue);
  const flavour = (match?.[2] ?? 'amd64') as Flavour;
  const flavours = catalogue.series[series]?.flavours ?? [];
  if (!flavours.includes(flavour)) {
    throw new BpfrigError(
      'usage',
      `kernel ${text}: series ${series} has only the flavours ${flavours.join(', ')}`,
    );
  }
  return { kind: 'debian', text, suite: null, series, flavour };
}

function parseDebian(text: string, rest: string, catalogue: Catalogue): KernelSpec {
  const [suite = '', seriesText, flavour = 'amd64', ...more] = rest.split('/');
  if (seriesText === undefined || more.length > 0) {
    throw new BpfrigError('usage', `kernel ${text}: must be debian:SUITE/SERIES[/FLAVOUR]`);
  }
  if (!Object.hasOwn(catalogue.suites, suite)) {
    const suites = Object.keys(catalogue.suites).join(', ');
    throw new BpfrigError(
      'usage',
      `kernel ${text}: no suite "${suite}" in images/kernels.yaml${didYouMean(suite, Object.keys(catalogue.suites))}; it has ${suites}`,
    );
  }
  if (!isFlavour(flavour)) {
    throw noFlavour(text, flavour);
  }
  // A suite can have a series that kernels.yaml does not list, so only the format is checked here.
  if (!/^\d+\.\d+$/.test(seriesText)) knownSeries(text, seriesText, catalogue);
  return { kind: 'debian', text, suite, series: seriesText, flavour };
}

const FLAVOURS = ['amd64', 'cloud', 'rt'];

function noFlavour(text: string, flavour: string): BpfrigError {
  const nearest = didYouMean(flavour, FLAVOURS);
  return new BpfrigError(
    'usage',
    `kernel ${text}: no flavour "${flavour}"${nearest}; the flavours are ${FLAVOURS.join(', ')}`,
  );
}

function isFlavour(text: string): text is Flavour {
  return text === 'amd64' || text === 'cloud' || text === 'rt';
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
