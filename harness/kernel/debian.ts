import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kernel, KernelSpec } from '../model/kernel.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { type AptOptions, downloadPackages, PackageGone, type SuiteIndex, suiteIndex } from './apt.ts';
import { type Candidate, candidatesOf } from './candidates.ts';
import { suitesOf } from './catalogue.ts';
import { seriesOfVersion, upstreamVersion } from './debian-version.ts';
import { flavourName } from './spec.ts';
import { type KernelLock, type Pin, pinName } from './lock-file.ts';
import { isStored, kernelFrom, packagesKey, storedKernel, type StoredKernel } from './store.ts';
import { NotWhole, unpackKernel } from './packages/unpack-kernel.ts';

/** A Debian kernel as the user specified it. */
export type DebianSpec = Extract<KernelSpec, { kind: 'debian' }>;

/** How a kernel of Debian's is fetched. */
export interface DebianOptions extends AptOptions {
  readonly id: string;
  readonly lock: KernelLock;
  /** Accept only the pinned packages. */
  readonly locked: boolean;
}

/** If an index does not contain a pin and is older than this, it is updated first: the pin may have been made later, on another machine. */
const PIN_INDEX_MAX_AGE_MS = 10 * 60_000;

/**
 * Fetches a Debian kernel: the pinned packages if available, otherwise the best candidate that the mirror can deliver. A pinned
 * kernel that is in the cache, undamaged, needs no mirror. Throws an `infra` error that names what was tried and what is missing.
 */
export async function fetchDebianKernel(spec: DebianSpec, options: DebianOptions): Promise<Kernel> {
  const pin = pinFor(spec, options.lock);
  if (pin !== null) {
    const kernel = await fetchPinned(spec, pin, options);
    if (typeof kernel !== 'string') return kernel;
    if (options.locked)
      throw new BpfrigError('infra', `${spec.text}: ${kernel}; run \`bpfrig kernels lock\` for a new pin`);
    return (await fetchNewest(spec, options, [kernel])).kernel;
  }
  if (options.locked) {
    throw new BpfrigError(
      'infra',
      `${spec.text} is not pinned in images/kernels.lock.yaml, and --locked accepts only pinned kernels`,
    );
  }
  return (await fetchNewest(spec, options)).kernel;
}

/** Returns the pin that applies to a spec: that of its series and flavour, if the spec names no suite or the pin's suite. Null if there is none. */
export function pinFor(spec: DebianSpec, lock: KernelLock): Pin | null {
  const pin = lock.kernels[pinName(spec)];
  return pin !== undefined && (spec.suite === null || spec.suite === pin.suite) ? pin : null;
}

/** Returns the suites to search for a spec, in order. */
export function suitesFor(spec: DebianSpec, options: Pick<AptOptions, 'catalogue'>): readonly string[] {
  return spec.suite === null ? suitesOf(options.catalogue, spec) : [spec.suite];
}

/** Returns the pinned kernel, or one line that says why it is unavailable. */
async function fetchPinned(spec: DebianSpec, pin: Pin, options: DebianOptions): Promise<Kernel | string> {
  const upstream = upstreamVersion(pin.version) ?? pin.version;
  const bare = { suite: pin.suite, arch: spec.arch, version: pin.version, upstream, missing: [] };
  const gone = (why: string): string => `the pinned ${pin.packages[0]?.name} ${pin.version} ${why}`;
  const takeOrSay = async (packages: Candidate['packages']): Promise<Kernel | string> => {
    try {
      return await take(spec, { ...bare, packages }, options, []);
    } catch (error) {
      if (error instanceof PackageGone) return gone(`is no longer on the mirror (${error.message})`);
      if (error instanceof NotWhole) return gone(`is incomplete (${error.message})`);
      throw error;
    }
  };
  if (isStored(options.cacheDir, packagesKey(pin.packages)))
    return await takeOrSay(pin.packages.map(entry => ({ ...entry, size: 0, needs: [] })));

  let index: SuiteIndex;
  try {
    index = await suiteIndex(pin.suite, spec.arch, options);
    if (absentFrom(index, pin) !== null)
      index = await suiteIndex(pin.suite, spec.arch, options, PIN_INDEX_MAX_AGE_MS);
  } catch (error) {
    return options.signal?.aborted
      ? Promise.reject(error)
      : gone(`could not be searched for: ${messageOf(error)}`);
  }
  const absent = absentFrom(index, pin);
  if (absent !== null) return gone(`is no longer in ${pin.suite} (${absent} is missing)`);
  const entries = pin.packages.flatMap(entry =>
    index.packages.filter(listed => listed.sha256 === entry.sha256),
  );
  return await takeOrSay(entries);
}

/** The first package of a pin that an index does not have, or that the mirror could not deliver; null if it has all of them. */
export function absentFrom(index: SuiteIndex, pin: Pin): string | null {
  const has = new Set(index.packages.map(entry => entry.sha256));
  for (const sha256 of index.unavailable) has.delete(sha256);
  return pin.packages.find(entry => !has.has(entry.sha256))?.name ?? null;
}

/**
 * Ignores pins and tries the candidates, suite by suite and newest first, until the mirror delivers one. `before` are notes that
 * explain why no pin was used; they come first in the notes of the kernel. Throws an `infra` error if no candidate is available.
 */
export async function fetchNewest(
  spec: DebianSpec,
  options: Omit<DebianOptions, 'lock' | 'locked'>,
  before: readonly string[] = [],
): Promise<{ readonly kernel: Kernel; readonly candidate: Candidate }> {
  const tried: string[] = [];
  const notes = [...before];
  for (const suite of suitesFor(spec, options)) {
    let index: SuiteIndex;
    try {
      index = await suiteIndex(suite, spec.arch, options);
    } catch (error) {
      if (options.signal?.aborted) throw error;
      tried.push(`${suite}: ${messageOf(error)}`);
      continue;
    }
    if (index.stale !== null) notes.push(`an older index of ${suite} is used: ${index.stale}`);
    const candidates = candidatesOf(index, spec);
    if (candidates.length === 0)
      tried.push(`${suite} has no ${spec.series} kernel of flavour ${flavourName(spec)}`);
    for (const candidate of candidates) {
      const why = obstacle(candidate, index);
      if (why !== null) {
        tried.push(why);
        continue;
      }
      try {
        const kernel = await take(spec, candidate, options, [...notes, ...fallbackNotes(tried, candidate)]);
        return { kernel, candidate };
      } catch (error) {
        if (!(error instanceof PackageGone || error instanceof NotWhole)) throw error;
        tried.push(error.message);
      }
    }
  }
  throw new BpfrigError(
    'infra',
    `no kernel for ${spec.text}: ${[...before, ...tried][0] ?? 'no suite has it'}`,
    {
      detail: [...before, ...tried].join('\n'),
    },
  );
}

/** Returns why a candidate is unavailable according to the index; null if it seems complete. */
export function obstacle(candidate: Candidate, index: SuiteIndex): string | null {
  if (candidate.missing.length > 0) {
    return `${candidate.packages[0]?.name} ${candidate.version} needs ${candidate.missing.join(', ')}, which ${candidate.suite} does not have`;
  }
  const gone = candidate.packages.find(entry => index.unavailable.includes(entry.sha256));
  return gone === undefined
    ? null
    : `${gone.name} ${gone.version} is listed in ${candidate.suite}, but the mirror returns 404`;
}

function fallbackNotes(tried: readonly string[], candidate: Candidate): string[] {
  if (tried.length === 0) return [];
  const others = tried.length - 1;
  const more = others === 0 ? '' : ` (and ${others} more that ${others === 1 ? 'is' : 'are'} unavailable)`;
  return [
    `${tried[0]}${more}; took ${candidate.packages[0]?.name} ${candidate.version} of ${candidate.suite}`,
  ];
}

async function take(
  spec: DebianSpec,
  candidate: Candidate,
  options: Omit<DebianOptions, 'lock' | 'locked'>,
  notes: readonly string[],
): Promise<Kernel> {
  const { cacheDir } = options;
  const key = packagesKey(candidate.packages);
  const fill = async (folder: string): Promise<StoredKernel> => {
    // apt downloads what its lists name. A kernel that was damaged in the cache is fetched again without a search before.
    await suiteIndex(candidate.suite, spec.arch, options);
    const downloads = join(folder, 'download');
    await mkdir(downloads);
    const debs = await downloadPackages(candidate.suite, spec.arch, candidate.packages, downloads, options);
    options.onProgress?.(`unpacking ${candidate.packages[0]?.name} ${candidate.version}`);
    const files = debs.map(file => ({ format: 'deb', file }) as const);
    const { release, image, modulesDir, arch } = await unpackKernel(files, folder, options);
    if (arch !== spec.arch)
      throw new BpfrigError(
        'infra',
        `${candidate.packages[0]?.name} has a kernel for ${arch}, in a package for ${spec.arch}`,
      );
    await rm(downloads, { recursive: true });
    const packages = candidate.packages.map(({ name, version, sha256 }) => ({ name, version, sha256 }));
    return {
      release,
      image,
      modulesDir,
      series: seriesOfVersion(candidate.upstream),
      version: candidate.upstream,
      packages,
    };
  };
  const stored = await storedKernel(cacheDir, key, fill, options.signal);
  return kernelFrom(stored, {
    id: options.id,
    spec: spec.text,
    flavour: spec.flavour,
    arch: spec.arch,
    notes,
    key,
    cacheDir,
  });
}
