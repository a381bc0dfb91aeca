import type { Test } from 'tap';
import type { RunningGuest } from '../guest/running-guest.ts';
import { loadCatalogue } from '../kernel/catalogue.ts';
import { fetchKernel } from '../kernel/provider.ts';
import { expandKernelSpecs } from '../kernel/spec.ts';
import type { Kernel } from '../model/kernel.ts';
import { cacheRoot } from '../util/paths.ts';
import { makeWorkspace } from '../util/workspace.ts';
import { chooseForArch, hostAcceleratorFacts } from '../vm/accelerator.ts';
import { Guests, type GuestShape } from './guests.ts';

/** A kernel by the text of `--kernel`. */
export async function kernelFor(text: string): Promise<Kernel> {
  const [spec] = expandKernelSpecs([text], loadCatalogue());
  if (spec === undefined) throw new Error(`no kernel ${text}`);
  return await fetchKernel(spec, { cacheDir: cacheRoot(), locked: false, id: text });
}

/** A source of guests, as a run has it. */
export async function guestSource(t: Test): Promise<Guests> {
  const facts = await hostAcceleratorFacts(1);
  const { signal } = new AbortController();
  return new Guests({
    cacheDir: cacheRoot(),
    acceleratorOf: arch => chooseForArch(arch, 'tcg', facts),
    timeScale: 2,
    retries: 1,
    signal,
    onNote: note => t.comment(note),
  });
}

/** Does work with a guest that has devices tx and rx. `dir` is its folder on the host. */
export async function withGuest(
  t: Test,
  kernelSpec: string,
  work: (guest: RunningGuest, dir: string) => Promise<void>,
  topology: GuestShape['topology'] = 'veth',
): Promise<void> {
  const kernel = await kernelFor(kernelSpec);
  const guests = await guestSource(t);
  const shape = { topology, guest: { cpus: 4, memoryMiB: 512, queues: 1 } } as const;
  await using workspace = await makeWorkspace();
  await using bed = await guests.start(kernel, shape, { dir: workspace.dir });
  await work(bed.dut, workspace.dir);
}
