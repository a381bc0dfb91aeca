import { architecture } from '../arch/architectures.ts';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Preparation } from '../guest/make-ready.ts';
import { bootReady } from '../guest/ready-guest.ts';
import { cloneGuest, dropTemplate, takeTemplate, type Template } from '../guest/template.ts';
import {
  guestLimits,
  type GuestLimits,
  type RunningGuest,
  type StartOptions,
} from '../guest/running-guest.ts';
import { Testbed } from '../guest/testbed.ts';
import { guestInitramfs, kernelInitramfs, type Initramfs } from '../image/initramfs.ts';
import type { Probes } from '../kernel/probes.ts';
import { moduleWords, NO_ADDITIONS } from '../model/guest-additions.ts';
import type { ArchName, Kernel } from '../model/kernel.ts';
import { BOTH_ENDS, type End } from '../model/topology.ts';
import type { ResolvedVariant } from '../scenario/scenario.ts';
import { ensureIntact } from '../util/cache.ts';
import { orDispose } from '../util/dispose.ts';
import { messageOf } from '../util/errors.ts';
import { once } from '../util/once.ts';
import type { ChosenAccelerator } from '../vm/accelerator.ts';
import { lossOf } from '../vm/failure.ts';
import { qemuVersion } from '../vm/qemu-version.ts';
import type { GuestSpec } from '../vm/spec.ts';
import { StateRefusedError } from '../vm/start.ts';
import { WITNESS_EVENTS } from '../oracle/subjects.ts';
import { BootOutcomes } from './boot-outcomes.ts';

/** What guests are made with in one run. */
export interface GuestSettings {
  readonly cacheDir: string;
  readonly acceleratorOf: (arch: ArchName) => ChosenAccelerator;
  /** Stretches every time limit; see `timeScale`. */
  readonly timeScale: number;
  /** How often a boot that the host spoiled is tried again. */
  readonly retries: number;
  /** Aborted when the run is to end now: every guest is then killed. */
  readonly signal: AbortSignal;
  /** Called once with the reason why cells boot instead of being cloned. */
  readonly onNote: (text: string) => void;
}

/** The part of a variant that a guest depends on. */
export type GuestShape = Pick<ResolvedVariant, 'guest' | 'topology'>;

/** Folder of a cell's guests, what ends them early, and what is called when a part of their start is over. */
export type CellStart = Pick<StartOptions, 'dir' | 'signal' | 'onEnd'>;

/** Where the cells of a run get their guests from. The real one is `Guests`; tests of what uses it have fakes. */
export interface GuestSource {
  /** Makes what guests of a shape start from ready, so that `start` need not wait for it. Returns what the agent probed on that kernel. */
  prepare(kernel: Kernel, shape: GuestShape): Promise<Probes | null>;
  /** Starts the guests of one cell. Throws `GuestFailure` when it dies or hangs, `infra` when the host fails. */
  start(kernel: Kernel, shape: GuestShape, cell: CellStart): Promise<Testbed>;
}

/** One guest of a shape: which ends of the wire are in it. */
interface OneGuest extends GuestShape {
  readonly ends: readonly End[];
}

/** How one guest is started. */
type OwnStart = Pick<StartOptions, 'dir' | 'signal' | 'link' | 'onEnd'>;

/** Folder of the second guest of topology `link`, within the cell's. */
export const GENERATOR_FOLDER = 'generator';

/** What a guest is made ready with: part of a template, so that a cell need not do it. */
function preparationOf({ guest: { additions } }: GuestShape): Preparation {
  if (additions === undefined) return { witness: WITNESS_EVENTS };
  const { modules, sysctls, devices } = additions;
  return { witness: WITNESS_EVENTS, added: { modules, sysctls, devices } };
}

/** The shape of the second guest of topology `link`: as large as the first, and nothing but a generator. */
function generatorShape({ topology, guest: { cpus, memoryMiB, queues } }: GuestShape): OneGuest {
  return { topology, guest: { cpus, memoryMiB, queues }, ends: ['tx'] };
}

/** Makes the guests of a run: clones of templates, or booted ones where the host cannot clone. */
export class Guests implements GuestSource {
  readonly #settings: GuestSettings;
  readonly #initramfs = new Map<string, Promise<Initramfs>>();
  readonly #templates = new Map<string, Promise<Template>>();
  readonly #boots: BootOutcomes;
  #cloning = true;

  constructor(settings: GuestSettings) {
    this.#settings = settings;
    this.#boots = new BootOutcomes(1 + settings.retries, settings.signal);
  }

  async prepare(kernel: Kernel, shape: GuestShape): Promise<Probes | null> {
    if (!this.#cloning) return null;
    if (shape.topology === 'link') await this.#template(kernel, generatorShape(shape));
    const { ready } = await this.#template(kernel, { ...shape, ends: dutEnds(shape) });
    return ready.probes;
  }

  async start(kernel: Kernel, shape: GuestShape, cell: CellStart): Promise<Testbed> {
    const one = { ...shape, ends: dutEnds(shape) };
    if (shape.topology !== 'link') return new Testbed(await this.#start(kernel, one, cell));
    const link = join(cell.dir, 'link');
    const dut = await this.#start(kernel, one, { ...cell, link });
    // Only now: a DUT that was started twice would have left the generator with the socket of the first.
    return await orDispose(dut, async () => {
      const dir = join(cell.dir, GENERATOR_FOLDER);
      await mkdir(dir);
      const far = generatorShape(shape);
      const { signal } = cell;
      return new Testbed(dut, await this.#startNamed(kernel, far, { dir, link, signal }, 'the generator'));
    });
  }

  /** A guest of this shape as it would be booted, with both ends. */
  bootable(kernel: Kernel, shape: GuestShape): Promise<GuestSpec> {
    return this.#spec(kernel, { ...shape, ends: BOTH_ENDS });
  }

  /** The second guest of a cell has a name, which stands in every message about it. */
  async #startNamed(kernel: Kernel, one: OneGuest, own: OwnStart, name: string): Promise<RunningGuest> {
    try {
      const guest = await this.#start(kernel, one, own);
      guest.name = name;
      return guest;
    } catch (error) {
      throw lossOf(name, error);
    }
  }

  #limits({ cost }: Kernel, scale = 1): GuestLimits {
    return guestLimits(this.#settings.timeScale * scale * (cost?.time ?? 1));
  }

  async #start(kernel: Kernel, one: OneGuest, own: OwnStart): Promise<RunningGuest> {
    const guest = await this.#cloneOrBoot(kernel, one, own);
    guest.slowness = kernel.cost?.time ?? 1;
    return guest;
  }

  async #cloneOrBoot(kernel: Kernel, one: OneGuest, own: OwnStart): Promise<RunningGuest> {
    // Two guests share the cores that one would have.
    const limits = this.#limits(kernel, one.topology === 'link' ? 2 : 1);
    const options = { ...own, limits, signal: own.signal ?? this.#settings.signal };
    if (this.#cloning && architecture(kernel.arch).machine.clones) {
      const guest = await this.#clone(kernel, one, options);
      if (guest !== null) return guest;
    }
    return await this.#boots.boot(oneKey(kernel, one), async () => {
      const spec = await this.#spec(kernel, one);
      return (await bootReady(spec, preparationOf(one), options)).guest;
    });
  }

  /** Null when this host cannot clone: from then on cells boot, and a note reports it. */
  async #clone(kernel: Kernel, shape: OneGuest, options: StartOptions): Promise<RunningGuest | null> {
    const taken = this.#template(kernel, shape);
    const template = await taken;
    try {
      return await cloneGuest(template, options);
    } catch (error) {
      if (!(error instanceof StateRefusedError)) throw error;
    }
    try {
      // A template that went bad (another QEMU build, a damaged disk) is made anew, once.
      return await cloneGuest(await this.#newTemplate(kernel, shape, taken), options);
    } catch (error) {
      if (!(error instanceof StateRefusedError)) throw error;
      this.#cloning = false;
      this.#settings.onNote(`this host cannot clone guests, so every cell boots: ${messageOf(error)}`);
      return null;
    }
  }

  #template(kernel: Kernel, shape: OneGuest): Promise<Template> {
    const key = oneKey(kernel, shape);
    return once(this.#templates, key, () => this.#boots.boot(key, () => this.#takeTemplate(kernel, shape)));
  }

  /** The template after `bad`: of the cells that found it bad, the first one removes it, and all of them take the new one. */
  #newTemplate(kernel: Kernel, shape: OneGuest, bad: Promise<Template>): Promise<Template> {
    const key = oneKey(kernel, shape);
    if (this.#templates.get(key) === bad) this.#templates.delete(key);
    return once(this.#templates, key, async () => {
      await dropTemplate(await bad);
      return this.#boots.boot(key, () => this.#takeTemplate(kernel, shape));
    });
  }

  async #takeTemplate(kernel: Kernel, shape: OneGuest): Promise<Template> {
    const spec = await this.#spec(kernel, shape);
    const initrdKey = (await this.#guestInitramfs(kernel, shape)).key;
    const qemu = await qemuVersion(spec.arch);
    const identity = { spec, imageKey: kernel.key, initrdKey, qemu, preparation: preparationOf(shape) };
    return takeTemplate(identity, this.#settings.cacheDir, {
      limits: this.#limits(kernel),
      signal: this.#settings.signal,
    });
  }

  async #spec(kernel: Kernel, one: OneGuest): Promise<GuestSpec> {
    const { guest, topology, ends } = one;
    const { append, modules, numa } = guest.additions ?? NO_ADDITIONS;
    const { image } = kernel;
    const { path: initrd } = await this.#guestInitramfs(kernel, one);
    await ensureIntact([image, initrd]);
    const { accel, parallel } = this.#settings.acceleratorOf(kernel.arch);
    return {
      arch: kernel.arch,
      image,
      initrd,
      topology,
      ends,
      queues: guest.queues,
      cpus: guest.cpus,
      maxCpus: guest.cpus,
      ...(numa > 1 && { sockets: numa }),
      memoryMiB: guest.memoryMiB * (kernel.cost?.memory ?? 1),
      accel,
      parallel,
      append: [...moduleWords(modules), ...append],
    };
  }

  #guestInitramfs(kernel: Kernel, { guest }: GuestShape): Promise<Initramfs> {
    const { cacheDir } = this.#settings;
    const { additions } = guest;
    const key = JSON.stringify([kernel.id, additions === undefined ? null : guest]);
    return once(this.#initramfs, key, () =>
      additions === undefined
        ? kernelInitramfs(kernel, cacheDir)
        : guestInitramfs(kernel, additions, guest, cacheDir),
    );
  }
}

/** Cells with the same key are clones of the same template. */
export function shapeKey(kernel: Pick<Kernel, 'id'>, { guest, topology }: GuestShape): string {
  return JSON.stringify([kernel.id, topology, guest]);
}

function oneKey(kernel: Pick<Kernel, 'id'>, one: OneGuest): string {
  return JSON.stringify([shapeKey(kernel, one), one.ends]);
}

/** The ends of the wire that are in the guest under test. */
function dutEnds({ topology }: GuestShape): readonly End[] {
  if (topology === 'none') return [];
  return topology === 'link' ? ['rx'] : BOTH_ENDS;
}

/** How far time limits stretch: cells that share cores wait for each other. */
export function timeScale(jobs: number, cpus: number): number {
  return Math.max(1, jobs / Math.max(1, cpus));
}
