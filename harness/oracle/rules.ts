import type { LedgerFault } from '../model/ledger.ts';
import type { Observations, SourceReport } from '../model/observations.ts';
import { childNodes, namesIn, type NameUse } from '../scenario/cel-names.ts';
import type { Expression } from '../scenario/cel.ts';
import { linePrefix } from '../scenario/places.ts';
import type { Expectation, ResolvedVariant } from '../scenario/scenario.ts';
import { plainText } from './cel-values.ts';
import { firmFault, type Fault } from './fault.ts';
import { shortfall } from './shortfall.ts';
import { stepsWithResult } from './steps-named.ts';
import { SUBJECTS } from './subjects.ts';
import { sum } from './tally.ts';

/**
 * The rules that need no expectation, next to the ledger's and the witness's: what was asked to be sent was sent, and a program that
 * redirects redirected something. An expectation that says what is right instead replaces the rule.
 */
export function brokenRules(seen: Observations, expectations: readonly Expectation[]): LedgerFault[] {
  const expressions = expectations.map(({ expression }) => expression);
  return [...unsent(seen, expressions), ...notRedirected(seen, expressions)];
}

function unsent({ sources, sourcesAfter }: Observations, expressions: readonly Expression[]): LedgerFault[] {
  const spoken = expressions.some(
    expression =>
      expression.names.some(({ path }) => path[0] === 'source' && path[1] !== 'sent') ||
      relates(expression, isSent, isCircumstance),
  );
  const reads = ({ as }: SourceReport) =>
    as != null &&
    expressions.some(({ names }) => names.some(({ path }) => path[0] === as && path[1] !== 'errno'));
  return [...sources, ...(sourcesAfter ?? [])]
    .filter(source => source.sent !== source.requested && !spoken && !reads(source))
    .map(({ source, sent, requested, line }) => {
      const where = line === undefined ? '' : `line ${line}: `;
      const text = `${where}${source} sent ${sent} of ${requested} packets, and no expectation says how many`;
      return { name: 'source.sent', text };
    });
}

function isSent({ path }: NameUse): boolean {
  return path.join('.') === 'sent' || path.join('.') === 'source.sent';
}

function isCircumstance({ path }: NameUse): boolean {
  return ['variant', 'kernel', 'mode'].includes(path[0] ?? '');
}

/** Maps that packets are redirected into, by type. */
const REDIRECT_MAPS = SUBJECTS.flatMap(({ takes }) => takes?.mapTypes ?? []).filter(type => type !== null);

function notRedirected(seen: Observations, expressions: readonly Expression[]): LedgerFault[] {
  const isTarget = (map: string) => REDIRECT_MAPS.includes(seen.mapTypes[map] ?? '');
  const redirecting = seen.programs.filter(({ role, maps }) => role === 'main' && maps?.some(isTarget));
  const redirected = sum(redirecting, ({ actions }) => actions.redirect);
  const sent = sum(seen.sources, one => one.sent);
  if (redirecting.length === 0 || redirected > 0 || sent === 0) return [];
  if (expressions.some(one => relates(one, isOfRedirects, isUpstream))) return [];
  const maps = [...new Set(redirecting.flatMap(one => (one.maps ?? []).filter(isTarget)))];
  const programs = redirecting.map(({ name }) => `\`${name}\``).join(', ');
  const text = `no packet of ${sent} was redirected, although ${programs} uses ${maps.map(map => `\`${map}\``).join(', ')}, and no expectation says that`;
  return [{ name: 'xdp.redirect', text }];
}

/** Counters that stay 0 as long as no packet is redirected, and what the program returned instead. */
const OF_REDIRECTS = new Set(['xdp', 'entry', 'cpumap', 'kthread', 'devmap_entry', 'devmap', 'xsk', 'raw']);

function isOfRedirects({ path }: NameUse): boolean {
  return OF_REDIRECTS.has(path[0] ?? '');
}

function isUpstream(name: NameUse): boolean {
  return ['sent', 'source', 'rx', 'tx'].includes(name.path[0] ?? '') || isCircumstance(name);
}

const RELATIONS = new Set(['==', '!=', '<', '<=', '>', '>=', 'in']);

/** Whether an expression compares something of `what` with nothing but constants and `others`. */
function relates(
  { ast }: Expression,
  what: (name: NameUse) => boolean,
  others: (name: NameUse) => boolean,
): boolean {
  const visit = (node: Expression['ast']): boolean => {
    if (!RELATIONS.has(node.op)) return childNodes(node).some(visit);
    const [left = [], right = []] = childNodes(node).map(namesIn);
    const says = (one: readonly NameUse[], other: readonly NameUse[]) =>
      one.some(what) && other.every(others);
    return says(left, right) || says(right, left);
  };
  return visit(ast);
}

/**
 * Steps with `as` whose outcome no expectation that applies looks at: a refusal, a command that ended with a status that nobody
 * stated, and sockets that did not get everything through.
 */
export function unreadOutcomes(
  variant: Pick<ResolvedVariant, 'setup' | 'traffic' | 'after'>,
  results: Observations['steps'],
  expectations: readonly Expectation[],
): Fault[] {
  const names = expectations.flatMap(({ expression }) => expression.names.map(({ path }) => path));
  return stepsWithResult(variant).flatMap((step): Fault[] => {
    const { as, kind, place } = step;
    const result = results[as];
    if (result === undefined) return [];
    const of = names.filter(([root]) => root === as);
    const where = `${linePrefix(place)}${kind} (as \`${as}\`)`;
    if (result.errno !== 'OK') {
      if (of.length > 0) return [];
      const call = plainText(result['where']);
      return [
        firmFault(
          'step',
          `${where}: the kernel refused ${call}: ${result.errno}, and no expectation reads that`,
        ),
      ];
    }
    const short = shortfall(step, result);
    if (short !== null && !of.some(([, field]) => field === short.field))
      return [
        firmFault('step', `${where}: ${short.text}, and no expectation reads \`${as}.${short.field}\``),
      ];
    if (kind !== 'exec' || of.some(([, field]) => field === 'status' || field === 'signal')) return [];
    const { status } = result;
    const wanted = step.args.status ?? 0;
    if (status === wanted) return [];
    const what = `ended with status ${plainText(status)}, not ${wanted}`;
    return [firmFault('step', `${where}: ${what}, and no expectation reads that`)];
  });
}
