import type { KernelSpec } from '../model/kernel.ts';
import { BpfrigError } from '../util/errors.ts';
import { hashKey } from '../util/hash.ts';
import { type AptOptions, suiteIndex } from './apt.ts';
import { archiveUris, noArchive } from './apt-sources.ts';
import { absentFrom, type DebianSpec, pinFor, suitesFor } from './debian.ts';
import { newest } from './list.ts';
import type { KernelLock } from './lock-file.ts';
import { packagesKey } from './store.ts';

/**
 * A text that changes when the packages do which a run would take for these kernels: the pinned ones, or the newest where a pin has left the
 * mirror. Kernels of the user's own have none. A mirror that does not answer does not throw: what is pinned counts then. Throws `infra` where nobody
 * says which mirror that is.
 */
export async function kernelsKey(
  specs: readonly KernelSpec[],
  options: AptOptions & { readonly lock: KernelLock },
): Promise<string> {
  const debian = specs.filter(spec => spec.kind === 'debian');
  return hashKey(await Promise.all(debian.map(spec => packagesTaken(spec, options))));
}

async function packagesTaken(
  spec: DebianSpec,
  options: AptOptions & { readonly lock: KernelLock },
): Promise<string> {
  for (const suite of suitesFor(spec, options)) {
    const archive = options.catalogue.suites[suite]?.archive ?? 'debian';
    if (archiveUris()[archive] === null)
      throw new BpfrigError('infra', `${spec.text}: ${noArchive(archive)}`);
  }
  const indexOf = (suite: string) => suiteIndex(suite, spec.arch, options).catch(String);
  const pin = pinFor(spec, options.lock);
  if (pin !== null) {
    const index = await indexOf(pin.suite);
    if (typeof index === 'string' || absentFrom(index, pin) === null) return packagesKey(pin.packages);
  }
  return packagesKey((await newest(spec, options, indexOf)).packages);
}
