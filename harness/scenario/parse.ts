import { didYouMean } from '../util/nearest.ts';
import { product, productSize, type Axes } from './axes.ts';
import { BOUNDS, grouped } from './bounds.ts';
import type { CoverageList, Subject } from './coverage-list.ts';
import { sharedDoubts, unusedItems } from './doubts.ts';
import { explainIssue } from './explain-issue.ts';
import { strayWhens } from './fill-in.ts';
import { ORDER_AXIS, ordersOf } from './interleave.ts';
import type { Path, Problem, Source } from './places.ts';
import type { Scenario } from './scenario.ts';
import { axesSchema } from './schema.ts';
import type { ScenarioDocument } from './schema.ts';
import { resolveVariant, type Names, type VariantResult } from './variants.ts';

/** What identifies a scenario's file: see {@link Scenario} for each. */
export type ScenarioFile = Pick<Scenario, 'name' | 'file' | 'path'>;

/** A scenario, or all that is wrong with it, in the order of the file. */
export type ParseResult =
  | { readonly scenario: Scenario; readonly problems: readonly [] }
  | { readonly scenario: null; readonly problems: readonly Problem[] };

/** What a scenario is checked against. */
export interface ParseOptions extends Names {
  /** The nearest coverage list, which has every id of `covers` and `functions`; null where there is none. */
  readonly coverage?: CoverageList | null;
  /** Keys of `guest` for a scenario that does not have them. */
  readonly guest?: Readonly<Record<string, unknown>>;
}

/** Checks a scenario's content in every variant. */
export function parseScenario(source: Source, file: ScenarioFile, options: ParseOptions): ParseResult {
  if (source.problems.length > 0) return failed(source.problems);
  if (!isRecord(source.data))
    return failed([{ place: source.place([]), text: 'a scenario is a mapping with a `title`' }]);
  const raw = withGuest(source.data, options.guest ?? {});

  const axes = axesSchema.safeParse(raw);
  if (!axes.success) {
    const same = (path: Path): Path => path;
    return failed(axes.error.issues.flatMap(issue => explainIssue(issue, raw, source, same)));
  }
  const orders = ordersOf(raw, Object.keys(axes.data.axes));
  const all = orders.names.length === 0 ? axes.data.axes : { ...axes.data.axes, [ORDER_AXIS]: orders.names };
  const at = ({ path, text }: { path: Path; text: string }): Problem => ({ place: source.place(path), text });
  const whens = axes.data.exclude.map((when, index) => ({ when, path: ['exclude', index] }));
  const stray = [
    ...doubledValues(axes.data.axes),
    ...strayWhens(raw, all),
    ...whens.flatMap(({ when, path }) => strayWhens({ when }, all).map(p => ({ ...p, path }))),
  ].map(at);
  if (orders.problems.length > 0) return failed([...stray, ...orders.problems.map(at)]);
  const size = productSize(all);
  if (size > BOUNDS.variants) {
    const text = `the axes make ${grouped(size)} variants, which is more than ${grouped(BOUNDS.variants)}: take out values, or divide the scenario`;
    return failed([{ place: source.place(['axes'], 'key'), text }]);
  }
  const variants = product(all, axes.data.exclude);
  if (variants.length === 0)
    return failed([{ place: source.place(['exclude']), text: '`exclude` leaves no variant' }]);

  const results = variants.map(variant => resolveVariant(raw, variant, source, file.path, options));
  const document = results[0]?.document ?? null;
  const problems = [...stray, ...results.flatMap(result => result.problems)];
  // With a variant that was not read, nothing can be said about all of them.
  if (results.every(result => result.document !== null)) problems.push(...worthless(raw, results, source));
  if (document !== null && options.coverage) problems.push(...unlisted(document, options.coverage, source));
  if (document?.kernels !== undefined && document.because === undefined) {
    problems.push({
      place: source.place(['kernels'], 'key'),
      text: '`kernels` needs `because` next to it: why only there',
    });
  }
  if (document === null || problems.length > 0) return failed(problems);
  const resolved = results.flatMap(({ resolved: one }) => one ?? []);
  const requires = (resolved[0]?.requires ?? []).filter(name =>
    resolved.every(one => one.requires.includes(name)),
  );
  const objects = [
    ...new Map(resolved.flatMap(one => one.objects).map(one => [JSON.stringify(one), one])).values(),
  ];
  const shared = { ...head(document), requires, objects, axes: all };
  const scenario = { ...file, ...shared, variants: resolved };
  return { scenario, problems: [] };
}

/** A scenario's content with keys of `guest` that it does not have. */
export function withGuest(
  raw: Readonly<Record<string, unknown>>,
  guest: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const own = raw['guest'] ?? {};
  return Object.keys(guest).length > 0 && isRecord(own) ? { ...raw, guest: { ...guest, ...own } } : raw;
}

/** Items that no cell uses, and expectations that no kernel can fail. */
function worthless(
  raw: Readonly<Record<string, unknown>>,
  results: readonly VariantResult[],
  source: Source,
): Problem[] {
  const doubts = results.flatMap(result => result.doubts);
  const unused = (['expect', 'known'] as const).flatMap(key => {
    const items = raw[key];
    return unusedItems(key, Array.isArray(items) ? items.length : 0, doubts, source);
  });
  return [...unused, ...sharedDoubts(doubts, source)];
}

/** Values that an axis has twice: their variants would have the same name. */
function doubledValues(axes: Axes): { path: Path; text: string }[] {
  return Object.entries(axes).flatMap(([axis, values]) =>
    values.flatMap((value, index) =>
      values.indexOf(value) === index
        ? []
        : [{ path: ['axes', axis, index], text: `axis \`${axis}\` has the value \`${value}\` twice` }],
    ),
  );
}

/** Ids of `covers` and `functions` that the list does not have: a typing error would count as covered. */
function unlisted(document: ScenarioDocument, list: CoverageList, source: Source): Problem[] {
  const missing = (key: 'covers' | 'functions', ids: readonly string[], known: readonly Subject[]) =>
    ids.flatMap((id, index) =>
      known.some(one => one.id === id)
        ? []
        : [{ place: source.place([key, index]), text: notListed(key, id, known, list.file) }],
    );
  return [
    ...missing('covers', document.covers.map(String), list.behaviours),
    ...missing('functions', document.functions, list.functions),
  ];
}

function notListed(key: string, id: string, known: readonly Subject[], file: string): string {
  const names = known.map(one => one.id);
  return `\`${key}\` names ${id}, which ${file} does not list${didYouMean(id, names)}`;
}

/** Problems as text, one per line: `FILE:LINE:COLUMN: what is wrong`. */
export function problemLines(file: string, problems: readonly Problem[]): string[] {
  return problems.map(({ place, text }) => `${file}:${place.line}:${place.column}: ${text}`);
}

function head(document: ScenarioDocument) {
  const { title, source, covers, functions, kernels, because } = document;
  return {
    title,
    source,
    covers,
    functions,
    kernels: kernels === undefined ? null : { range: kernels, because: because ?? '' },
  };
}

/** In the order of the file, and once each: a mistake shows in every variant. */
function failed(problems: readonly Problem[]): ParseResult {
  const seen = new Map(problems.map(problem => [JSON.stringify(problem), problem]));
  const ordered = [...seen.values()].toSorted(
    (a, b) => a.place.line - b.place.line || a.place.column - b.place.column,
  );
  return { scenario: null, problems: ordered };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
