import fc from 'fast-check';
import { EventLines } from '../../model/event-lines.ts';
import type { RunEvent } from '../../model/events.ts';
import { EXIT, RUN_EXIT_CODES } from '../../model/exit-code.ts';
import { VERDICT_NAMES } from '../../model/verdict.ts';
import { foldRun } from '../../report/fold.ts';
import { mutated } from './inputs.ts';

/** One change of a saved run that leaves every line JSON: what a merge of files by hand, or a wrong writer, would do. */
type LineEdit =
  | { readonly kind: 'drop' | 'double' | 'last'; readonly at: number }
  | { readonly kind: 'say'; readonly at: number; readonly what: readonly [RegExp, string] };

const at = fc.nat();

const lineEdit: fc.Arbitrary<LineEdit> = fc.oneof(
  fc.record({ kind: fc.constantFrom('drop' as const, 'double' as const, 'last' as const), at }),
  fc.record({
    kind: fc.constant('say' as const),
    at,
    what: fc.oneof(
      fc
        .constantFrom(...VERDICT_NAMES)
        .map(verdict => [/"verdict":"\w+"/, `"verdict":"${verdict}"`] as const),
      fc.constantFrom(...RUN_EXIT_CODES, 7).map(code => [/"exitCode":\d+/, `"exitCode":${code}`] as const),
      fc.boolean().map(is => [/"interrupted":\w+/, `"interrupted":${is}`] as const),
      fc.constant([/"unfinished":\[[^\]]*\]/, '"unfinished":[]'] as const),
    ),
  }),
);

/** Runs with changed bytes, and with changed lines. */
export function changedRuns(samples: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const lines = fc
    .tuple(fc.constantFrom(...samples), fc.array(lineEdit, { minLength: 1, maxLength: 8 }))
    .map(([sample, edits]) => {
      const all = sample.toString().split('\n').slice(0, -1);
      return Buffer.from(
        edits
          .reduce(changed, all)
          .map(line => `${line}\n`)
          .join(''),
      );
    });
  return fc.oneof(mutated(samples), lines);
}

function changed(lines: readonly string[], edit: LineEdit): readonly string[] {
  const said = edit.kind === 'say' ? edit.what[0] : /^/;
  const fit = lines.flatMap((line, index) => (said.test(line) ? [index] : []));
  const place = fit[edit.at % fit.length];
  if (place === undefined) return lines;
  const line = lines[place] ?? '';
  switch (edit.kind) {
    case 'drop':
      return lines.toSpliced(place, 1);
    case 'double':
      return lines.toSpliced(place, 0, line);
    case 'last':
      return [...lines.toSpliced(place, 1), line];
    case 'say':
      return lines.with(place, line.replace(...edit.what));
  }
}

/** Runs that are green but for one thing, and the green one itself: one change more, or one check less, makes each of them green. */
export function nearlyGreen(texts: readonly string[]): string[] {
  const green = texts.map(text =>
    text
      .replaceAll(/"verdict":"\w+"/g, '"verdict":"pass"')
      .replace(/"exitCode":\d+/, '"exitCode":0')
      .replace(/"unfinished":\[[^\]]*\]/, '"unfinished":[]'),
  );
  return green.flatMap(text => {
    const lines = text.split('\n');
    const without = (type: string): string => {
      const last = lines.findLastIndex(line => line.includes(`"type":"${type}"`));
      return lines.filter((_, index) => index !== last).join('\n');
    };
    return [
      text,
      text.replace('"verdict":"pass"', '"verdict":"fail"'),
      text.replace('"verdict":"pass"', '"verdict":"infra"'),
      text.replaceAll('"verdict":"pass"', '"verdict":"skip"'),
      text.replace('"interrupted":false', '"interrupted":true'),
      text.replace('"exitCode":0', '"exitCode":1'),
      without('cell-end'),
      without('run-end'),
    ].map(counted);
  });
}

/** The text with an end that counts its cells: a run whose end does not is refused, whatever else is in it. */
function counted(text: string): string {
  const events = text.split('\n').map(line => objectOf(line) as RunEvent | null);
  const ended = events.flatMap(event => (event?.type === 'cell-end' ? [event.result] : []));
  const planned = events.flatMap(event => (event?.type === 'run-start' ? event.cells : []));
  const counts = VERDICT_NAMES.map(name => [name, ended.filter(({ verdict }) => verdict === name).length]);
  const unfinished = planned.map(({ id }) => id).filter(id => !ended.some(({ cell }) => cell.id === id));
  return text
    .replace(/"counts":\{[^}]*\}/, `"counts":${JSON.stringify(Object.fromEntries(counts))}`)
    .replace(/"unfinished":\[[^\]]*\]/, () => `"unfinished":${JSON.stringify(unfinished)}`);
}

/** The text with every line numbered and chained anew, so that what was changed in it reaches the readers behind the chain. */
export function chainedAnew(text: string): string {
  const chain = new EventLines();
  return text.replace(/[^\n]+\n/g, line => {
    const event = objectOf(line);
    return event === null ? line : chain.next(event as unknown as RunEvent);
  });
}

function objectOf(line: string): object | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/**
 * Whether all planned cells are good, one is more than skipped, and the run has an end. The rule stands here a second time on purpose: it
 * must not come from what it checks.
 */
export function cellsSayGreen(events: readonly RunEvent[]): boolean {
  const planned = events.flatMap(event =>
    event.type === 'run-start' ? event.cells.map(({ id }) => id) : [],
  );
  const verdicts = new Map(
    events.flatMap(event =>
      event.type === 'cell-end' ? [[event.result.cell.id, event.result.verdict] as const] : [],
    ),
  );
  const good = new Set(['pass', 'known', 'skip']);
  return (
    planned.every(id => good.has(verdicts.get(id) ?? 'none')) &&
    [...verdicts.values()].some(verdict => verdict !== 'skip') &&
    events.some(({ type }) => type === 'run-end')
  );
}

/** Throws for a run whose exit code is 0 although its cells do not say so, or its end says otherwise. */
export function checkGreen(events: readonly RunEvent[]): void {
  if (foldRun(events).exitCode !== EXIT.ok) return;
  const fine = events.every(
    event => event.type !== 'run-end' || (!event.interrupted && event.exitCode === EXIT.ok),
  );
  if (!fine || !cellsSayGreen(events)) throw new Error('exit 0, and the run does not say so');
}
