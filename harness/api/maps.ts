import type { StepOutcomes } from '../scenario/step-results.ts';
import type { StepInput } from '../scenario/step-schema.ts';
import type { Driver, RefusedStep } from './driver.ts';

/** For a step that the kernel has to refuse: the refusal is then the result. */
export interface ExpectRefusal {
  readonly refused: true;
}

/** The maps of a guest: those of its objects, and those that it creates. Each method is the step of that name of a scenario file. */
export class GuestMaps {
  readonly #driver: Driver;

  /** For `StartedGuest`. */
  constructor(driver: Driver) {
    this.#driver = driver;
  }

  /** BPF_MAP_CREATE, with any attributes: step `map`. */
  create(args: StepInput<'map'>): Promise<StepOutcomes['map']>;
  create(args: StepInput<'map'>, expect: ExpectRefusal): Promise<RefusedStep>;
  async create(map: StepInput<'map'>, expect?: ExpectRefusal): Promise<unknown> {
    return await (expect === undefined ? this.#driver.step({ map }) : this.#driver.refusal({ map }));
  }

  /** Creates a cpumap and its entries. */
  async cpumap(cpumap: StepInput<'cpumap'>): Promise<StepOutcomes['cpumap']> {
    return await this.#driver.step({ cpumap });
  }

  /** Updates several entries, keys and values by the types that the object declares. */
  async fill(fill: StepInput<'fill'>): Promise<StepOutcomes['fill']> {
    return await this.#driver.step({ fill });
  }

  /** BPF_MAP_UPDATE_ELEM. */
  update(args: StepInput<'update'>): Promise<StepOutcomes['update']>;
  update(args: StepInput<'update'>, expect: ExpectRefusal): Promise<RefusedStep>;
  async update(update: StepInput<'update'>, expect?: ExpectRefusal): Promise<unknown> {
    return await (expect === undefined ? this.#driver.step({ update }) : this.#driver.refusal({ update }));
  }

  /** BPF_MAP_LOOKUP_ELEM: `value` in hex, `decoded` by its type. Rejects with ENOENT for an entry that is not there. */
  lookup(args: StepInput<'lookup'>): Promise<StepOutcomes['lookup']>;
  lookup(args: StepInput<'lookup'>, expect: ExpectRefusal): Promise<RefusedStep>;
  async lookup(lookup: StepInput<'lookup'>, expect?: ExpectRefusal): Promise<unknown> {
    return await (expect === undefined ? this.#driver.step({ lookup }) : this.#driver.refusal({ lookup }));
  }

  /** BPF_MAP_DELETE_ELEM. */
  delete(args: StepInput<'delete'>): Promise<StepOutcomes['delete']>;
  delete(args: StepInput<'delete'>, expect: ExpectRefusal): Promise<RefusedStep>;
  async delete(args: StepInput<'delete'>, expect?: ExpectRefusal): Promise<unknown> {
    const step = { delete: args };
    return await (expect === undefined ? this.#driver.step(step) : this.#driver.refusal(step));
  }

  /** BPF_MAP_LOOKUP_AND_DELETE_ELEM. */
  async lookupAndDelete(args: StepInput<'lookup_and_delete'>): Promise<StepOutcomes['lookup_and_delete']> {
    return await this.#driver.step({ lookup_and_delete: args });
  }
}
