import type { Counters } from '../model/counters.ts';
import { inRange } from '../kernel/ranges.ts';
import type { KnownFailure } from '../scenario/scenario.ts';
import { evaluate } from './expectations.ts';

/** How a cell failed, as far as known entries can speak of it. */
export interface Failure {
  /** Expectations or the ledger did not hold. */
  readonly counted: boolean;
  readonly splats: readonly string[];
}

/** Whether an entry describes a failure, or why not. */
export type KnownMatch =
  { readonly matches: true } | { readonly matches: false; readonly why: string; readonly broken: boolean };

/** The entries of a variant that speak of a kernel. */
export function knownOn(known: readonly KnownFailure[], version: string): KnownFailure[] {
  return known.filter(({ kernels }) => inRange(version, kernels));
}

/** Known means failing in just the way that the entry says: each `expect` holds, and its splat is there, and no other. */
export function matchKnown(entry: KnownFailure, failure: Failure, counters: Counters): KnownMatch {
  const { splat, expect, panic } = entry;
  if (panic !== null) return no('the kernel did not panic');
  const stray = failure.splats.find(text => splat === null || !splat.test(text));
  if (stray !== undefined) return no(`the splat is another: ${stray}`);
  if (splat !== null && failure.splats.length === 0) return no(`there is no splat that matches ${splat}`);
  if (failure.counted && expect.length === 0) return no('the entry speaks of a splat alone');
  for (const expression of expect) {
    const { ok, values, error } = evaluate(expression, counters);
    if (error !== null) return { matches: false, why: `\`${expression.text}\`: ${error}`, broken: true };
    if (!ok) return no(`${expression.text}   (${values ?? 'false'})`);
  }
  return { matches: true };
}

/** The entry that says that a kernel panics in this way, by the console of the guest; null when none does. */
export function knownPanic(
  known: readonly KnownFailure[],
  version: string,
  console: readonly string[],
): KnownFailure | null {
  const text = console.join('\n');
  return knownOn(known, version).find(({ panic }) => panic?.test(text)) ?? null;
}

function no(why: string): KnownMatch {
  return { matches: false, why, broken: false };
}
