import {
  makeReady,
  cloneGuest,
  dropTemplate,
  takeTemplate,
  type Probes,
  type Template,
} from '../guest/template.ts';
import { bootGuest, guestLimits, type RunningGuest, type StartOptions } from '../guest/running-guest.ts';
import { kernelInitramfs, type Initramfs } from '../image/initramfs.ts';
import type { Kernel } from '../model/kernel.ts';
import type { ResolvedVariant } from '../scenario/scenario.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import type { Accelerator } from '../vm/accelerator.ts';
import { qemuVersion } from '../vm/process.ts';
import type { GuestSpec } from '../vm/spec.ts';

/** What guests are made with in one run. */
export interface GuestSettings {
  readonly cacheDir: string;
  readonly accel: Accelerator;
  /** Stretches every time limit; see `timeScale`. */
  readonly timeScale: number;
  /** Aborted when the run is to end now: every guest is then killed. */
  readonly signal: AbortSignal;
  /** Told once why cells boot in place of being cloned. */
  readonly onNote: (text: string) => void;
}

/** The part of a variant that a guest depends on. */
export type GuestShape = Pick<ResolvedVariant, 'guest' | 'topology'>;

/** Folder of a guest, and who is told of the parts of its start. */
export type CellStart = Pick<StartOptions, 'dir' | 'onEnd'>;

/** Where the cells of a run get their guests from. There is the real one below, and fakes in the tests of what uses it. */
export interface GuestSource {
  /** Makes what guests of a shape start from ready, so that `start` need not wait for it. Gives what the agent probed on that kernel. */
  prepare(kernel: Kernel, shape: GuestShape): Promise<Probes | null>;
  /** Starts a guest for one cell. Throws `GuestFailure` when it dies or hangs, `infra` when the host fails. */
  start(kernel: Kernel, shape: GuestShape, cell: CellStart): Promise<RunningGuest>;
}

/** Makes the guests of a run: clones of templates, or booted ones where the host cannot clone. */
export class Guests implements GuestSource {
  readonly #settings: GuestSettings;
  readonly #limits;
  readonly #initramfs = new Map<string, Promise<Initramfs>>();
  readonly #templates = new Map<string, Promise<Template>>();
  #cloning = true;

  constructor(settings: GuestSettings) {
    this.#settings = settings;
    this.#limits = guestLimits(settings.timeScale);
  }

  async prepare(kernel: Kernel, shape: GuestShape): Promise<Probes | null> {
    if (!this.#cloning) return null;
    return (await this.#template(kernel, shape)).ready.probes;
  }

  async start(kernel: Kernel, shape: GuestShape, cell: CellStart): Promise<RunningGuest> {
    const options = { ...cell, limits: this.#limits, signal: this.#settings.signal };
    if (this.#cloning) {
      const guest = await this.#clone(kernel, shape, options);
      if (guest !== null) return guest;
    }
    const { guest } = await bootGuest(await this.#spec(kernel, shape), options);
    await makeReady(guest, shape.topology);
    return guest;
  }

  /** A guest of this shape as it would be booted. */
  bootable(kernel: Kernel, shape: GuestShape): Promise<GuestSpec> {
    return this.#spec(kernel, shape);
  }

  /** Null when this host cannot clone: from then on cells boot, and the report says so. */
  async #clone(kernel: Kernel, shape: GuestShape, options: StartOptions): Promise<RunningGuest | null> {
    const template = await this.#template(kernel, shape);
    try {
      return await cloneGuest(template, options);
    } catch (error) {
      if (!(error instanceof BpfrigError) || this.#settings.signal.aborted) throw error;
      // A template that went bad (another QEMU build, a damaged disk) is made anew, once.
      await dropTemplate(template);
      this.#templates.delete(shapeKey(kernel, shape));
    }
    try {
      return await cloneGuest(await this.#template(kernel, shape), options);
    } catch (error) {
      if (!(error instanceof BpfrigError) || this.#settings.signal.aborted) throw error;
      this.#cloning = false;
      this.#settings.onNote(`this host cannot clone guests, so every cell boots: ${messageOf(error)}`);
      return null;
    }
  }

  #template(kernel: Kernel, shape: GuestShape): Promise<Template> {
    return once(this.#templates, shapeKey(kernel, shape), async () => {
      const spec = await this.#spec(kernel, shape);
      const initrdKey = (await this.#kernelInitramfs(kernel)).key;
      const identity = { spec, imageKey: kernel.key, initrdKey, qemu: await qemuVersion() };
      return takeTemplate(identity, this.#settings.cacheDir, {
        limits: this.#limits,
        signal: this.#settings.signal,
      });
    });
  }

  async #spec(kernel: Kernel, { guest, topology }: GuestShape): Promise<GuestSpec> {
    return {
      image: kernel.image,
      initrd: (await this.#kernelInitramfs(kernel)).path,
      topology,
      cpus: guest.cpus,
      maxCpus: guest.cpus,
      memoryMiB: guest.memoryMiB,
      accel: this.#settings.accel,
      append: [],
    };
  }

  #kernelInitramfs(kernel: Kernel): Promise<Initramfs> {
    return once(this.#initramfs, kernel.id, () => kernelInitramfs(kernel, this.#settings.cacheDir));
  }
}

/** Cells with the same key are clones of the same template. */
export function shapeKey(kernel: Pick<Kernel, 'id'>, { guest, topology }: GuestShape): string {
  return JSON.stringify([kernel.id, topology, guest]);
}

/** How far time limits stretch: cells that share cores wait for each other. */
export function timeScale(jobs: number, cpus: number): number {
  return Math.max(1, jobs / Math.max(1, cpus));
}

/** Does what was asked for under a key once; a failure is not kept. */
function once<T>(done: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = done.get(key);
  if (known !== undefined) return known;
  const made = make();
  done.set(key, made);
  made.catch(() => done.delete(key));
  return made;
}
