import type { Counters } from '../model/counters.ts';
import { inRange } from '../kernel/ranges.ts';
import type { Expectation, KnownFailure } from '../scenario/scenario.ts';
import { evaluate } from './expectations.ts';
import { nameOf, unnamedFaults, type Fault } from './fault.ts';

/** How a cell failed. */
export interface Failure {
  readonly faults: readonly Fault[];
  readonly splats: readonly string[];
  /** The expectations that apply to the cell. */
  readonly expectations: readonly Expectation[];
}

/** Whether an entry describes a failure, or why not. */
export type KnownMatch = { readonly matches: true } | { readonly matches: false; readonly why: string };

/** The entries of a variant that speak of a kernel. */
export function knownOn(known: readonly KnownFailure[], version: string): KnownFailure[] {
  return known.filter(({ kernels }) => inRange(version, kernels));
}

/**
 * Known means failing in just the way that the entry says: it names every fault, each expectation and each ledger fault that it names
 * is there, each line of `expect` holds, its splat is there, and no other.
 */
export function matchKnown(entry: KnownFailure, failure: Failure, counters: Counters): KnownMatch {
  const { splat, expect, panic } = entry;
  if (panic !== null) return no('the kernel did not panic');
  const stray = failure.splats.find(text => splat === null || !splat.test(text));
  if (stray !== undefined) return no(`the splat is another: ${stray}`);
  if (splat !== null && failure.splats.length === 0) return no(`there is no splat that matches ${splat}`);
  const unnamed = unnamedFaults(entry, failure.faults);
  if (unnamed !== null) return no(`it does not name what failed as well: ${unnamed}`);
  const stale = named(entry, failure).find(name => !failure.faults.some(fault => nameOf(fault) === name));
  if (stale !== undefined) return no(`it names ${stale}, which did not fail`);
  for (const expression of expect) {
    const { ok, values, error } = evaluate(expression, counters);
    if (error !== null) return no(`\`${expression.text}\`: ${error}`);
    if (!ok) return no(`${expression.text}   (${values ?? 'false'})`);
  }
  return { matches: true };
}

/** What an entry names of a cell: an expectation of another variant or of other kernels is not in it. */
function named({ fails, ledger }: KnownFailure, { expectations }: Failure): string[] {
  const texts = expectations.map(({ expression }) => expression.text);
  return [
    ...fails.filter(text => texts.includes(text)).map(text => `\`${text}\``),
    ...ledger.map(name => `ledger: ${name}`),
  ];
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
  return { matches: false, why };
}
