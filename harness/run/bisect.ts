import { join } from 'node:path';
import { parseKernelSpec } from '../kernel/spec.ts';
import type { CellResult } from '../model/cell.ts';
import type { Expression } from '../scenario/cel.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { BpfrigError } from '../util/errors.ts';
import { byExpression, byVerdict } from './answer.ts';
import { writeBisectAnswer } from './bisect-answer.ts';
import { EventLog } from './event-log.ts';
import { EXIT } from '../model/exit-code.ts';
import { findTurn, type NoTurn, type Turn } from './find-turn.ts';
import { packageCandidates, seriesCandidates, type KernelCandidate } from './kernel-candidates.ts';
import { planCells } from './plan.ts';
import { RunFolder } from './results.ts';
import type { Session } from './session.ts';

/** What to search for, and over which kernels. */
export interface BisectRequest {
  readonly scenarios: readonly Scenario[];
  /** Axis values to which the cells are restricted, as `--variant`. */
  readonly variant: Readonly<Record<string, readonly string[]>>;
  /** The question to ask of a cell's counters; null: its verdict is the answer. */
  readonly expression: Expression | null;
  /** The ends of the search: series, or versions of packages. `good` may be the newer one. */
  readonly good: string | null;
  readonly bad: string | null;
  /** A series over whose packages to search; null: over series, unless `good` is a version of a package. */
  readonly packages: string | null;
  /** Folder that holds one run per kernel. */
  readonly out: string;
}

/**
 * Searches for the first kernel that answers otherwise than those before it. `say` receives the progress and the answer, one line
 * at a time. Returns the exit code: 0 found, 4 nothing changes, 3 an end cannot be judged.
 * Throws `usage` where the request names no kernels to search.
 */
export async function bisect(
  request: BisectRequest,
  session: Session,
  say: (line: string) => void,
): Promise<number> {
  const candidates = await candidatesFor(request, session);
  const labels = candidates.map(({ label }) => label);
  if (candidates.length < 2)
    throw new BpfrigError('usage', `nothing between the ends: only ${labels.join(', ') || 'none'}`);
  say(`bisect over ${candidates.length} kernels: ${labels.join(' ')}`);
  const versions = new Map<string, string>();
  const answers = new Map<string, boolean>();
  const found = await findTurn(candidates, async candidate => {
    const { results, version } = await runOn(candidate, request, session);
    if (version !== null) versions.set(candidate.label, version);
    session.signal.throwIfAborted();
    const { expression } = request;
    const { holds, why } = expression === null ? byVerdict(results) : byExpression(results, expression);
    say(`  ${candidate.label}: ${wordOf(holds)} (${why})`);
    if (holds !== null) answers.set(candidate.label, holds);
    return holds;
  });
  if (!('reason' in found)) {
    const kernelOf = ({ label }: KernelCandidate) => ({ label, version: versions.get(label) ?? null });
    writeBisectAnswer(request.out, {
      scenarios: request.scenarios.map(({ name }) => name),
      variant: request.variant,
      question: request.expression?.text ?? 'verdict',
      heldBefore: answers.get(found.before.label) ?? false,
      before: kernelOf(found.before),
      first: kernelOf(found.first),
      between: found.between.map(({ label }) => label),
    });
  }
  for (const line of turnLines(found, candidates)) say(line);
  return codeOf(found);
}

/** The answer of a search for people, one line each. */
export function turnLines(
  found: Turn<KernelCandidate> | NoTurn<KernelCandidate>,
  candidates: readonly KernelCandidate[],
): string[] {
  if ('reason' in found) {
    if (found.reason === 'end-unjudged')
      return [`cannot begin: ${found.at.label} says nothing about the kernel`];
    const both = `${candidates[0]?.label} and ${candidates.at(-1)?.label}`;
    return [`no change: ${both} both: ${wordOf(found.answer)}`];
  }
  const asked = `${found.probes} of ${candidates.length} kernels asked`;
  const first = `first: ${found.first.label}, after ${found.before.label} (${asked})`;
  if (found.between.length === 0) return [first];
  const others = found.between.map(({ label }) => label).join(' ');
  return [first, `or one of these, which cannot be judged: ${others}`];
}

function codeOf(found: Turn<KernelCandidate> | NoTurn<KernelCandidate>): number {
  if (!('reason' in found)) return EXIT.ok;
  return found.reason === 'same' ? EXIT.nothing : EXIT.infra;
}

function wordOf(holds: boolean | null): string {
  return holds === null ? 'cannot be judged' : holds ? 'holds' : 'does not hold';
}

const PACKAGE_VERSION = /^(\d+\.\d+)\.\d+/;

async function candidatesFor(
  { good, bad, packages }: BisectRequest,
  { catalogue, cacheDir, signal }: Session,
): Promise<KernelCandidate[]> {
  const named = packages ?? PACKAGE_VERSION.exec(good ?? '')?.[1];
  if (named !== undefined) {
    const spec = parseKernelSpec(named, catalogue);
    if (spec.kind !== 'debian') throw new BpfrigError('usage', `--packages ${named}: must be a series`);
    return packageCandidates(spec, { from: good, to: bad }, { cacheDir, catalogue, signal });
  }
  if (good === null || bad === null)
    throw new BpfrigError('usage', 'bisect needs --good and --bad, or --packages');
  return seriesCandidates(parseKernelSpec(good, catalogue), parseKernelSpec(bad, catalogue), catalogue);
}

/** Runs the scenarios on one kernel: a run like any other, in a folder of its own. */
async function runOn(
  { label, spec, lock }: KernelCandidate,
  { scenarios, variant, out }: BisectRequest,
  session: Session,
): Promise<{ readonly results: CellResult[]; readonly version: string | null }> {
  const cells = planCells(scenarios, [label], { variant, grep: null, only: null });
  if (cells.length === 0) throw new BpfrigError('usage', 'nothing to run: no variant matches');
  const folder = RunFolder.create(
    join(out, label),
    cells.map(({ cell }) => cell.id),
  );
  const eventLog = new EventLog();
  const results: CellResult[] = [];
  let version: string | null = null;
  eventLog.listen('version', event => {
    if (event.type === 'kernel-ready') version = event.kernel.version;
  });
  eventLog.listen('events.jsonl', event => folder.append(event));
  eventLog.listen('results', event => void (event.type === 'cell-end' && results.push(event.result)));
  const kernel = { id: label, spec, ...(lock !== null && { lock }) };
  await session.run({ runId: label, folder, kernels: [kernel], cells }, eventLog);
  folder.close();
  const [failure] = eventLog.failures;
  if (failure !== undefined) throw new BpfrigError('infra', `the run on ${label} is not kept: ${failure}`);
  return { results, version };
}
