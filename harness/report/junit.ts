import type { Cell, CellResult } from '../model/cell.ts';
import { countWhere, isExcused, isRed, isSpoiled } from '../model/verdict.ts';
import { findingLines } from './finding-lines.ts';
import { statusOf, type KernelSummary, type RunSummary } from './fold.ts';
import { laterTries, triesText } from './later-tries.ts';
import { documentReporter, type Reporter } from './reporter.ts';
import { lastLines, oneLine, variantText } from './text.ts';
import { xmlAttributes, xmlText } from './xml.ts';

/**
 * Returns the reporter for JUnit XML: one suite per kernel, one case per cell. The file is valid against the schema that Jenkins'
 * xunit plugin publishes (junit-10.xsd). The class name contains the kernel, so that a CI keeps a separate history for each kernel.
 */
export function createJunitReporter(): Reporter {
  return documentReporter(renderJunit);
}

function renderJunit(summary: RunSummary): string {
  const suites = summary.kernels.filter(kernel => kernel.planned > 0);
  const all = suites.map(kernel => tally(summary, kernel));
  const sum = (key: 'tests' | 'failures' | 'errors'): number => all.reduce((total, t) => total + t[key], 0);
  const attributes = {
    name: 'bpfrig',
    time: seconds(summary.durationMs),
    tests: sum('tests'),
    failures: sum('failures'),
    errors: sum('errors'),
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${xmlAttributes(attributes)}>`,
    ...suites.flatMap((kernel, i) => suiteLines(summary, kernel, i)),
    '</testsuites>',
    '',
  ].join('\n');
}

function tally(summary: RunSummary, kernel: KernelSummary) {
  const { counts, planned, unfinished } = kernel;
  const time = [...summary.results.values()]
    .filter(r => r.cell.kernel === kernel.id)
    .reduce((total, r) => total + r.durationMs, 0);
  return {
    tests: planned,
    failures: countWhere(counts, verdict => isRed(verdict) && !isSpoiled(verdict)),
    errors: countWhere(counts, isSpoiled) + unfinished,
    skipped: countWhere(counts, isExcused),
    time: seconds(time),
  };
}

function suiteLines(summary: RunSummary, kernel: KernelSummary, index: number): string[] {
  const attributes = {
    name: oneLine(`bpfrig.${kernel.id}`),
    ...tally(summary, kernel),
    ...(summary.startedAt !== null && { timestamp: summary.startedAt.replace(/\.\d+Z$/, '') }),
    id: index,
  };
  const properties = Object.entries({
    kernel: kernel.column?.version ?? '',
    release: kernel.column?.release ?? '',
    packages: kernel.column?.packages.map(p => `${p.name} ${p.version}`).join(', ') ?? '',
    notes: kernel.column?.notes.join('; ') ?? '',
    failure: kernel.failure ?? '',
    accelerator: summary.host?.accel ?? '',
    qemu: summary.host?.qemu ?? '',
    run: summary.runId ?? '',
    'needed a second try': laterCount(summary, kernel),
  }).filter(([, value]) => value !== '');
  return [
    `  <testsuite${xmlAttributes(attributes)}>`,
    '    <properties>',
    ...properties.map(([name, value]) => `      <property${xmlAttributes({ name, value })}/>`),
    '    </properties>',
    ...summary.cells.filter(cell => cell.kernel === kernel.id).flatMap(cell => caseLines(summary, cell)),
    '  </testsuite>',
  ];
}

/** '' where no cell of the kernel did. */
function laterCount(summary: RunSummary, kernel: KernelSummary): string {
  const own = laterTries(summary).filter(r => r.cell.kernel === kernel.id);
  return own.length === 0 ? '' : String(own.length);
}

function caseLines(summary: RunSummary, cell: Cell): string[] {
  const result = summary.results.get(cell.id);
  const scenario = oneLine(cell.scenario);
  const variant = variantText(cell.variant);
  const attributes = {
    name: variant === '' ? scenario : `${scenario} [${variant}]`,
    classname: oneLine(`bpfrig.${cell.kernel}.${cell.scenario}`),
    ...(result !== undefined && { time: seconds(result.durationMs) }),
  };
  const inside = result === undefined ? unfinishedLines(summary, cell) : outcomeLines(result);
  if (inside.length === 0) return [`    <testcase${xmlAttributes(attributes)}/>`];
  return [
    `    <testcase${xmlAttributes(attributes)}>`,
    ...inside.map(line => `      ${line}`),
    '    </testcase>',
  ];
}

function unfinishedLines(summary: RunSummary, cell: Cell): string[] {
  const reason = summary.unfinished.find(u => u.cell.id === cell.id)?.reason ?? '';
  return [
    `<error${xmlAttributes({ type: statusOf(summary, cell), message: `not finished: ${oneLine(reason)}` })}/>`,
  ];
}

function outcomeLines(result: CellResult): string[] {
  const attributes = xmlAttributes({
    type: result.verdict,
    message: oneLine(result.reason) || result.verdict,
  });
  const text = xmlText(findingLines({ ...result, consoleTail: [] }).join('\n'));
  const tail = [...tries(result), ...lastLines(result.consoleTail, 500, 400)].join('\n');
  const console = tail === '' ? [] : [`<system-out>${xmlText(tail)}</system-out>`];
  if (result.verdict === 'skip') return [`<skipped${attributes}/>`];
  if (isExcused(result.verdict)) return [`<skipped${attributes}>${text}</skipped>`];
  if (isSpoiled(result.verdict)) return [`<error${attributes}>${text}</error>`, ...console];
  return isRed(result.verdict) ? [`<failure${attributes}>${text}</failure>`, ...console] : console;
}

/** What a passed cell had before: the findings of every other cell have it. */
function tries(result: CellResult): string[] {
  return result.verdict === 'pass' && result.earlierTries.length > 0 ? [triesText(result)] : [];
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
