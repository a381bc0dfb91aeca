import type { ExpectationResult } from '../model/cell.ts';
import type { Counters } from '../model/counters.ts';
import type { Ledger } from '../model/ledger.ts';
import type { Observations } from '../model/observations.ts';
import type { Verdict } from '../model/verdict.ts';
import type { ResolvedVariant } from '../scenario/scenario.ts';
import { count } from './counters.ts';
import type { CellCounts, KernelFacts } from './counters.ts';
import { applicable, checkExpectations } from './expectations.ts';
import { knownOn, matchKnown } from './known.ts';
import { missedText, withMissed } from './missed.ts';
import { drawLedger, ledgerFaults } from './sinks.ts';
import { witnessDifferences } from './witness.ts';

/** All that a verdict rests on. */
export interface JudgeInput {
  /** What was read from the guest; null when a step failed before anything was. */
  readonly observations: Observations | null;
  readonly variant: ResolvedVariant;
  readonly kernel: KernelFacts;
  /** First lines of splats (WARN, BUG, KASAN, lockdep, stall) from console and log. */
  readonly splats: readonly string[];
  /** A step without `as` that the kernel refused: one line that names the step, its place and the errno. Null: none. */
  readonly stepFailure: string | null;
}

/** A verdict and what it rests on. */
export interface Judgement {
  readonly verdict: Extract<Verdict, 'pass' | 'fail' | 'known' | 'fixed' | 'error'>;
  /** One line; empty for a pass. */
  readonly reason: string;
  readonly expectations: readonly ExpectationResult[];
  readonly ledger: Ledger | null;
  readonly counters: Counters;
  /** A note on how it was counted; null: nothing unusual. */
  readonly detail: string | null;
}

/**
 * Judges a cell whose guest ran to the end. Pure: the same input gives the same verdict.
 *
 * Throws a BpfrigError with code `harness` when the observations are incomplete.
 */
export function judge(input: JudgeInput): Judgement {
  const { variant, kernel, splats } = input;
  const seen = input.observations === null ? null : withMissed(input.observations);
  const expectations = applicable(variant.expect, kernel.version);
  const counted = seen === null ? null : count(seen, kernel, variant);
  const counters = counted?.counters ?? {};
  const results = counted === null ? [] : checkExpectations(expectations, counters, counted.absent);
  const named = expectations.flatMap(({ expression }) => expression.names);
  const ledger = seen === null || counted === null ? null : drawLedger(seen, counted.accounts, named);
  const completed = input.observations !== null && seen !== input.observations;
  const detail = completed ? missedText(input.observations) : null;
  const evidence = { expectations: results, ledger, counters, detail };

  const broken = results.filter(({ error }) => error !== null);
  const voids = seen === null || counted === null ? [] : voidCounts(seen, counted);
  const counts = [
    ...results.filter(({ ok, error }) => !ok && error === null).map(failedText),
    ...(ledger === null ? [] : ledgerFaults(ledger).map(({ text }) => text)),
  ];
  const steps = input.stepFailure === null ? [] : [input.stepFailure];
  const splatTexts = splats.map(splat => `kernel splat: ${splat}`);
  const faults = [...steps, ...splatTexts, ...voids, ...counts];
  const errors = broken.map(({ expr, line, error }) => `expectation in line ${line}, \`${expr}\`: ${error}`);

  if (faults.length === 0 && errors.length > 0)
    return { verdict: 'error', reason: joined(errors), ...evidence };
  const entries = knownOn(variant.known, kernel.version);
  if (faults.length === 0) {
    const [stale] = entries;
    if (stale === undefined) return { verdict: 'pass', reason: '', ...evidence };
    const reason = `passed, but the known entry in line ${stale.place.line} says that it fails on ${stale.kernels}: ${stale.reason}`;
    return { verdict: 'fixed', reason, ...evidence };
  }

  // No entry can vouch for counts that are void, for a step that failed, or for expectations that said nothing.
  const comparable = voids.length === 0 && steps.length === 0 && errors.length === 0 && seen !== null;
  const whys: string[] = [];
  for (const entry of comparable ? entries : []) {
    const match = matchKnown(entry, { counted: counts.length > 0, splats }, counters);
    if (match.matches) return { verdict: 'known', reason: entry.reason, ...evidence };
    const text = `known entry in line ${entry.place.line}: ${match.why}`;
    if (match.broken) return { verdict: 'error', reason: text, ...evidence };
    whys.push(`not as the ${text}`);
  }
  return { verdict: 'fail', reason: [joined(faults), ...whys, ...errors].join('; '), ...evidence };
}

function voidCounts(seen: Observations, { accounts }: CellCounts): string[] {
  const differences = [
    ...witnessDifferences(seen.observers, seen.witness, Object.values(seen.maps)),
    ...accounts.flatMap(one => one.differences ?? []),
  ];
  return differences.map(text => `witness: ${text}`);
}

/** `kthread.xdp_drop == cpumap.accepted   (5026 == 20002)`. */
function failedText({ expr, values }: ExpectationResult): string {
  return values === null ? expr : `${expr}   (${values})`;
}

/** How many faults a reason lists one by one. */
const MOST_LISTED = 3;

function joined(texts: readonly string[]): string {
  const more = texts.length - MOST_LISTED;
  return texts.slice(0, MOST_LISTED).join('; ') + (more > 0 ? `; and ${more} more` : '');
}
