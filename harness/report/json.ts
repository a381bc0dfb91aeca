import { RUN_SCHEMA } from '../model/events.ts';
import type { RunSummary } from './fold.ts';
import { cveRows } from './cve/cve-rows.ts';
import { laterTries } from './later-tries.ts';
import { sinceByRow } from './since.ts';
import { jsonText } from '../util/json-text.ts';
import { documentReporter, type Reporter } from './reporter.ts';
import type { RunDocument } from './run-schema.ts';

/** Returns the reporter for `run.json`: the whole run in one document, described by `run.schema.json`. */
export function createJsonReporter(): Reporter {
  return documentReporter(summary => `${jsonText(toRunDocument(summary), 2)}\n`);
}

/** Returns the content of `run.json`: cells with a verdict in the order of the plan, then those without. */
export function toRunDocument(summary: RunSummary): RunDocument {
  return structuredClone({
    schema: summary.schema || RUN_SCHEMA,
    runId: summary.runId,
    startedAt: summary.startedAt,
    argv: summary.argv,
    host: summary.host,
    jobs: summary.jobs,
    complete: summary.complete,
    interrupted: summary.interrupted,
    exitCode: summary.exitCode,
    durationMs: summary.durationMs,
    counts: summary.counts,
    laterTries: laterTries(summary).length,
    kernels: summary.kernels.map(({ column, ...kernel }) => ({ ...kernel, kernel: column })),
    cells: summary.cells.flatMap(cell => summary.results.get(cell.id) ?? []),
    unfinished: summary.unfinished,
    rows: [...sinceByRow(summary).values()].flat(),
    cves: cveRows(summary),
    notes: summary.notes,
  }) as RunDocument;
}
