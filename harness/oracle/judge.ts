import type { ExpectationResult } from '../model/cell.ts';
import type { Counters } from '../model/counters.ts';
import type { Ledger } from '../model/ledger.ts';
import type { Observations, StepResult } from '../model/observations.ts';
import type { Verdict } from '../model/verdict.ts';
import type { Expectation, ResolvedVariant } from '../scenario/scenario.ts';
import { detectorsOff } from '../vm/splats.ts';
import { boundedNames } from './claims.ts';
import { count } from './counters.ts';
import type { KernelFacts } from './counters.ts';
import { unaffectedBy } from './cve.ts';
import { applicable, checkExpectations } from './expectations.ts';
import { firmFault, ledgerFault, type Fault } from './fault.ts';
import { knownOn, matchKnown } from './known.ts';
import { areFirm, lostObservations } from './lost.ts';
import { withMissed } from './missed.ts';
import { brokenRules, unreadOutcomes } from './rules.ts';
import { drawLedger, ledgerFaults } from './sinks.ts';
import { captureNotes } from './subjects/captured.ts';
import { stepsNamed, stepsWithResult } from './steps-named.ts';
import { tracedDifferences } from './traced-differences.ts';

/** Why the steps of a cell ended before the last. */
export interface Stop {
  /**
   * `contradicted`: the kernel refused a step that has no `as`, or did not do what the step waits for. `stumbled`: the scenario or
   * bpfrig could not go on, which may be the consequence of something that the kernel did before. `voided`: the cell was no longer what the
   * scenario describes, so that its results say nothing.
   */
  readonly kind: 'contradicted' | 'stumbled' | 'voided';
  /** One line; of a contradiction with the step's line. */
  readonly message: string;
  /** Results of the steps that were done, by their `as`. */
  readonly results: Readonly<Record<string, StepResult>>;
}

/** All that a verdict rests on. */
export interface JudgeInput {
  /** What was read from the guest; null when the steps ended early. */
  readonly observations: Observations | null;
  readonly variant: ResolvedVariant;
  readonly kernel: KernelFacts;
  /** First lines of splats (WARN, BUG, KASAN, lockdep, stall) from console and log. */
  readonly splats: readonly string[];
  /** Null: all steps were done. */
  readonly stop: Stop | null;
  /** The ledger and the rules are enough; absent: where no expectation applies, nothing can be said. */
  readonly expectsNothing?: boolean;
}

/** A verdict and what it rests on. */
export interface Judgement {
  readonly verdict: Extract<Verdict, 'pass' | 'fail' | 'known' | 'fixed' | 'error' | 'skip'>;
  /** One line; empty for a pass. */
  readonly reason: string;
  readonly expectations: readonly ExpectationResult[];
  readonly ledger: Ledger | null;
  readonly counters: Counters;
  /** A note on how it was counted; null: nothing unusual. */
  readonly detail: string | null;
}

/** What was seen in a cell, and what is wrong with it. */
interface Evidence extends Pick<Judgement, 'expectations' | 'ledger' | 'counters' | 'detail'> {
  /** What contradicts the scenario. */
  readonly faults: readonly Fault[];
  /** Why nothing can be said, or not all: observations that were lost, steps that stumbled. */
  readonly doubts: readonly string[];
  /** Expectations that cannot be evaluated: a kernel that has no such code does not count what they name. */
  readonly unevaluated: readonly string[];
  /** Observations were lost: only firm faults count. */
  readonly lost: boolean;
}

/**
 * Judges a cell whose guest ran to the end. Pure: the same input gives the same verdict. What the kernel was seen to do wrong is a
 * `fail`, whatever else could not be seen; `error` is for cells in which nothing contradicts the scenario.
 *
 * Throws a BpfrigError with code `harness` when the observations are incomplete.
 */
export function judge(input: JudgeInput): Judgement {
  const { variant, kernel } = input;
  const expectations = applicable(variant.expect, kernel.version);
  const { faults: all, doubts, unevaluated, lost, ...evidence } = gather(input, expectations);
  const errors = [...doubts, ...unevaluated];
  const faults = [
    ...input.splats.map(text => firmFault('splat', `kernel splat: ${text}`)),
    ...(lost ? all.filter(({ firm }) => firm) : all),
  ];
  if (faults.length === 0) return { ...withoutFault(input, errors), ...evidence };
  // Of steps that ended early, the results show it; what was not certain in a cell that ran to its end shows nothing.
  const certain = input.splats.length === 0 && !lost && (input.stop !== null || doubts.length === 0);
  const shown = { ...evidence.counters, ...input.stop?.results };
  const { excused, objections } = unaffectedBy(certain ? variant.cve : undefined, faults, shown);
  if (excused !== null) return { verdict: 'skip', reason: excused, ...evidence };

  // No entry can vouch for what is not certain, or for expectations that said nothing.
  const comparable = errors.length === 0 && input.stop === null;
  const whys = [...objections];
  for (const entry of comparable ? knownOn(variant.known, kernel.version) : []) {
    const match = matchKnown(entry, { faults, splats: input.splats, expectations }, evidence.counters);
    if (match.matches) return { verdict: 'known', reason: entry.reason, ...evidence };
    whys.push(`not as the known entry in line ${entry.place.line}: ${match.why}`);
  }
  const reason = [joined(faults.map(({ text }) => text)), ...whys, ...errors].join('; ');
  return { verdict: 'fail', reason, ...evidence };
}

function withoutFault(
  { variant, kernel }: JudgeInput,
  errors: readonly string[],
): Pick<Judgement, 'verdict' | 'reason'> {
  if (errors.length > 0) return { verdict: 'error', reason: joined(errors) };
  const [stale] = knownOn(variant.known, kernel.version);
  if (stale === undefined) return { verdict: 'pass', reason: '' };
  const reason = `passed, but the known entry in line ${stale.place.line} says that it fails on ${stale.kernels}: ${stale.reason}`;
  return { verdict: 'fixed', reason };
}

function gather(input: JudgeInput, expectations: readonly Expectation[]): Evidence {
  const { observations, stop } = input;
  if (observations !== null) return ofObservations(input, observations, expectations);
  const evidence =
    stop?.kind === 'voided' ? ofResults(input, {}, []) : ofResults(input, stop?.results ?? {}, expectations);
  if (stop === null) return evidence;
  return stop.kind === 'contradicted'
    ? { ...evidence, faults: [firmFault('step', stop.message), ...evidence.faults] }
    : { ...evidence, doubts: [stop.message] };
}

function ofObservations(
  { variant, kernel, expectsNothing = false }: JudgeInput,
  observations: Observations,
  expectations: readonly Expectation[],
): Evidence {
  const { seen, note, deduced } = withMissed(observations);
  const { counters, accounts, absent } = count(seen, kernel, variant);
  const results = checkExpectations(expectations, counters, absent, unended(variant, seen.steps));
  const bounded = expectations.flatMap(({ expression }) => boundedNames(expression, counters));
  const ledger = drawLedger(seen, accounts, counters, bounded);
  const named = expectations.flatMap(({ expression }) => expression.names);
  const accountFaults = ledgerFaults(ledger);
  const lost = [
    ...lostObservations(seen, named),
    ...tracedDifferences(seen, variant.observe),
    ...(deduced && accountFaults.length > 0
      ? [`${note}, but then the ledger does not balance: which events were missed cannot be known`]
      : []),
  ];
  const notes = [note ?? [], seen.explained ?? [], captureNotes(seen.captures)].flat();
  const none =
    expectations.length === 0 && !expectsNothing
      ? [`no expectation applies to kernel ${kernel.version}`]
      : [];
  return {
    expectations: results,
    ledger,
    counters,
    detail: notes.length === 0 ? null : notes.join('\n'),
    faults: [
      ...unreadOutcomes(variant, seen.steps, expectations),
      ...accounts
        .flatMap(one => one.differences ?? [])
        .map(text => ({ ...firmFault('counts', text), firm: false })),
      ...failed(results, expectations, variant, seen),
      ...accountFaults.map(ledgerFault),
      ...brokenRules(seen, expectations).map(ledgerFault),
    ],
    unevaluated: broken(results),
    doubts: [...lost, ...none, ...(seen.spentDetectors ?? []), ...new Set(detectorsOff(seen.log))],
    lost: lost.length > 0,
  };
}

/** Steps with `as` that have no result when everything is over, each with what is said about it. */
function unended(variant: ResolvedVariant, results: Observations['steps']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    stepsWithResult(variant)
      .filter(({ as }) => !Object.hasOwn(results, as))
      .map(({ as }) => [as, `${as} has no result, the step has not ended`]),
  );
}

/** Of a cell that ended early: those expectations which the results of its steps decide. */
function ofResults(
  { variant, kernel }: JudgeInput,
  steps: Readonly<Record<string, StepResult>>,
  all: readonly Expectation[],
): Evidence {
  const counters = {
    variant: variant.variant,
    kernel: { version: kernel.version, series: kernel.series, arch: kernel.arch },
    ...steps,
  };
  const expectations = all.filter(({ expression: { names } }) =>
    names.every(({ path }) => Object.hasOwn(counters, path[0] ?? '')),
  );
  const results = checkExpectations(expectations, counters);
  const faults = [...failed(results, expectations, variant), ...unreadOutcomes(variant, steps, all)];
  // What was not counted is in no report.
  return {
    expectations: [],
    ledger: null,
    counters: {},
    detail: null,
    faults,
    doubts: [],
    unevaluated: [],
    lost: false,
  };
}

function failed(
  results: readonly ExpectationResult[],
  expectations: readonly Expectation[],
  variant: ResolvedVariant,
  seen: Pick<Observations, 'logLost' | 'objects'> = {},
): Fault[] {
  return results.flatMap(({ ok, error, expr, values }, index) => {
    const names = expectations[index]?.expression.names ?? [];
    if (ok || error !== null) return [];
    const steps = stepsNamed(variant, names).map(({ kind, place }) => `; ${kind} in line ${place.line}`);
    // `kthread.xdp_drop == cpumap.accepted   (5026 == 20002)`.
    const text = values === null ? expr : `${expr}   (${values}${steps.join('')})`;
    return [{ kind: 'expectation', name: expr, text, firm: areFirm(names, seen) }];
  });
}

function broken(results: readonly ExpectationResult[]): string[] {
  return results
    .filter(({ error }) => error !== null)
    .map(({ expr, line, error }) => `expectation in line ${line}, \`${expr}\`: ${error}`);
}

/** How many faults a reason lists one by one. */
const MOST_LISTED = 3;

function joined(texts: readonly string[]): string {
  const more = texts.length - MOST_LISTED;
  return texts.slice(0, MOST_LISTED).join('; ') + (more > 0 ? `; and ${more} more` : '');
}
