/** Where one CPU is to be held. Addresses are of the kernel's code. */
export interface HoldPlace {
  /** Counted from 0. */
  readonly cpu: number;
  /** Of an instruction. */
  readonly at: bigint;
  /** Only where this function, whose code is from `start` to `end`, has called it; null: whoever did. `at` is then the start of a function. */
  readonly caller: { readonly start: bigint; readonly end: bigint } | null;
  /** Not there, but where the function that begins at `at` has returned to. */
  readonly afterReturn: boolean;
  /** Which of the times it is: 1 is the first. */
  readonly hit: number;
}

/** Where a CPU has stopped. */
export interface CpuPlace {
  readonly cpu: number;
  readonly pc: bigint;
  readonly sp: bigint;
  /** Of a function that has just begun; anything elsewhere. */
  readonly returnAddress: bigint;
}

/** A call that has not returned: the address to which it will, and the stack pointer then. Two calls at a time differ in the latter. */
interface Call {
  readonly returnTo: bigint;
  readonly sp: bigint;
}

type Stage =
  | { readonly kind: 'outside' }
  | { readonly kind: 'point'; readonly within: Call | null }
  | { readonly kind: 'returning'; readonly call: Call }
  | { readonly kind: 'there' };

/**
 * How far a CPU is on its way to where it is to be held. A function that is called all over the kernel is only watched while the CPU
 * is in the one that is to call it: each stop costs milliseconds.
 */
export class HoldProgress {
  /** How often the place was reached, the last time included. */
  hits = 0;
  readonly #place: HoldPlace;
  readonly #returnPops: bigint;
  #stage: Stage;

  /** `returnPops`: bytes that a return takes from the stack. */
  constructor(place: HoldPlace, returnPops: number) {
    this.#place = place;
    this.#returnPops = BigInt(returnPops);
    this.#stage = place.caller === null ? { kind: 'point', within: null } : { kind: 'outside' };
  }

  /** Addresses that need a breakpoint now. */
  get watched(): readonly bigint[] {
    const { at, caller } = this.#place;
    const stage = this.#stage;
    if (stage.kind === 'there') return [];
    if (stage.kind === 'returning') return [stage.call.returnTo];
    if (stage.kind === 'outside') return caller === null ? [] : [caller.start];
    return stage.within === null ? [at] : [at, stage.within.returnTo];
  }

  /** A CPU has stopped at a breakpoint. Whether it is where it is to be held. */
  visit(seen: CpuPlace): boolean {
    if (seen.cpu !== this.#place.cpu) return false;
    this.#stage = this.#next(seen);
    return this.#stage.kind === 'there';
  }

  #next(seen: CpuPlace): Stage {
    const { at, caller } = this.#place;
    const stage = this.#stage;
    if (stage.kind === 'outside')
      return seen.pc === caller?.start ? { kind: 'point', within: this.#callOf(seen) } : stage;
    if (stage.kind === 'returning') return isAfter(stage.call, seen) ? { kind: 'there' } : stage;
    if (stage.kind === 'there') return stage;
    if (stage.within !== null && isAfter(stage.within, seen)) return { kind: 'outside' };
    return seen.pc === at && this.#isMeant(seen) ? this.#reached(seen, stage) : stage;
  }

  #isMeant({ returnAddress }: CpuPlace): boolean {
    const { caller } = this.#place;
    return caller === null || (returnAddress >= caller.start && returnAddress < caller.end);
  }

  #reached(seen: CpuPlace, stage: Stage): Stage {
    const { hit, afterReturn } = this.#place;
    this.hits += 1;
    if (this.hits < hit) return stage;
    return afterReturn ? { kind: 'returning', call: this.#callOf(seen) } : { kind: 'there' };
  }

  #callOf({ returnAddress, sp }: CpuPlace): Call {
    return { returnTo: returnAddress, sp: sp + this.#returnPops };
  }
}

function isAfter({ returnTo, sp }: Call, seen: CpuPlace): boolean {
  return seen.pc === returnTo && seen.sp === sp;
}
