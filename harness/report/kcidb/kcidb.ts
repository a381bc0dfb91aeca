import type { CellResult } from '../../model/cell.ts';
import { BpfrigError } from '../../util/errors.ts';
import { groupBy } from '../../util/group-by.ts';
import { hashKey } from '../../util/hash.ts';
import { jsonText } from '../../util/json-text.ts';
import type { KernelSummary, RunSummary } from '../fold.ts';
import { documentReporter, type Reporter, type ReporterOptions } from '../reporter.ts';
import { archOf } from '../kernel-order.ts';
import { cellLabel, oneLine } from '../text.ts';
import type { KcidbBuild, KcidbCheckout, KcidbDocument, KcidbIncident, KcidbIssue } from './document.ts';
import type { KcidbOptions } from './options.ts';
import { kcidbTests } from './tests.ts';

/** Returns the reporter for KCIDB, KernelCI's database: a document to submit. Throws `usage` without an origin. */
export function createKcidbReporter({ kcidb }: Pick<ReporterOptions, 'kcidb'>): Reporter {
  if (kcidb === undefined) throw new BpfrigError('usage', 'the reporter kcidb needs an origin');
  return documentReporter(summary => `${jsonText(toKcidbDocument(summary, kcidb), 2)}\n`);
}

/** Returns a run as KCIDB has it: a checkout and a build for each kernel, a test for each cell, an issue for each known cause. */
export function toKcidbDocument(summary: RunSummary, options: KcidbOptions): KcidbDocument {
  const ids = new Map(summary.kernels.map(kernel => [kernel.id, buildId(summary, kernel, options)]));
  const tests = kcidbTests(summary, options, kernel => ids.get(kernel) ?? '');
  const builds = summary.kernels.map(kernel => build(kernel, ids.get(kernel.id) ?? '', options));
  // Two columns can be one kernel: `6.12` and `debian:trixie/6.12`.
  const distinct = [...new Map(builds.map(one => [one.id, one])).values()];
  return {
    version: { major: 5, minor: 3 },
    checkouts: distinct.map(checkout),
    builds: distinct,
    tests: tests.map(({ test }) => test),
    ...knownCauses(tests, options),
  };
}

/** The same for every run on the same package; a kernel without a package is one of the run. */
function buildId(summary: RunSummary, { id, column }: KernelSummary, { origin }: KcidbOptions): string {
  const [image] = column?.packages ?? [];
  const own = image === undefined ? `${summary.runId}/${id}` : `${image.name}/${image.version}`;
  return oneLine(`${origin}:${own}`);
}

/** KCIDB's names of architectures. */
const KCIDB_ARCH = { amd64: 'x86_64', arm64: 'arm64', s390x: 's390x', riscv64: 'riscv64' } as const;

function build({ id, column, failure }: KernelSummary, own: string, { origin }: KcidbOptions): KcidbBuild {
  const architecture = KCIDB_ARCH[archOf({ id, column })];
  const common = { id: own, checkout_id: own, origin, architecture };
  if (column === null) {
    const comment = `kernel ${oneLine(id)}: ${oneLine(failure ?? 'never made ready')}`;
    return { ...common, comment, status: 'MISS' };
  }
  const packages = column.packages.map(one => oneLine(`${one.name} ${one.version}`));
  return {
    ...common,
    comment: `kernel ${oneLine(column.version)}, ${packages[0] ?? oneLine(column.spec)}`,
    config_name: column.flavour,
    status: 'PASS',
    misc: {
      series: oneLine(column.series),
      version: oneLine(column.version),
      release: oneLine(column.release),
      packages,
      notes: column.notes.map(oneLine),
    },
  };
}

/** Which commit a package was built from is not in it: the checkout says what the package does. */
function checkout({ id, origin, comment = '', status }: KcidbBuild): KcidbCheckout {
  return { id, origin, comment, valid: status === 'PASS' };
}

/** An issue for each cause that scenarios state, and an incident for each cell that failed because of it. */
function knownCauses(
  tests: ReturnType<typeof kcidbTests>,
  { origin }: KcidbOptions,
): { issues: KcidbIssue[]; incidents: KcidbIncident[] } {
  const known = tests.flatMap(({ test, result }) =>
    result?.verdict === 'known' ? [{ test, result, id: issueId(result, origin) }] : [],
  );
  const issues = [...groupBy(known, ({ id }) => id)].flatMap(([id, [first]]): KcidbIssue[] => {
    if (first === undefined) return [];
    const { cell, reason } = first.result;
    return [
      {
        id,
        version: 1,
        origin,
        comment: `${oneLine(cell.scenario)}: ${oneLine(reason)}`,
        culprit: { code: true, tool: false, harness: false },
      },
    ];
  });
  const incidents = known.map(({ test, result, id }): KcidbIncident => {
    const comment = `${cellLabel(result.cell)} on ${oneLine(result.cell.kernel)} fails as its scenario states`;
    return {
      id: `${test.id}/known`,
      origin,
      issue_id: id,
      issue_version: 1,
      test_id: test.id,
      present: true,
      comment,
    };
  });
  return { issues, incidents };
}

function issueId({ cell, reason }: CellResult, origin: string): string {
  return `${origin}:known-${hashKey([cell.scenario, reason])}`;
}
