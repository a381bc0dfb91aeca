import { closeSync, openSync, writeSync } from 'node:fs';
import { RUN_SCHEMA, type RunEvent } from '../model/events.ts';
import { createReporter } from '../report/registry.ts';
import { count } from '../report/text.ts';
import { AVAILABILITY_TEXTS, dryRunNotes, estimateText, shapesText, type DryRun } from '../run/dry-run.ts';
import { EventLog } from '../run/event-log.ts';
import { EXIT } from '../model/exit-code.ts';
import { hostFacts } from '../run/host.ts';
import type { PlannedCell } from '../run/plan.ts';
import { newRunId } from '../run/run-id.ts';
import { BpfrigError } from '../util/errors.ts';
import { chooseAccelerator, hostAcceleratorFacts } from '../vm/accelerator.ts';
import { reporterChoices } from './reporter-options.ts';
import type { RunOptions } from './run-options.ts';
import { table } from './table.ts';

/**
 * Prints what a run would do: as text, or with `--reporter jsonl` as the events `run-start` and one `note` per kernel. There is no
 * `run-end`, since nothing ran. Returns the exit code: 0, or 3 where a kernel is unavailable. Throws `usage` for other reporters.
 */
export async function reportDryRun(
  dryRun: DryRun,
  cells: readonly PlannedCell[],
  options: Pick<RunOptions, 'accel' | 'reporter'>,
): Promise<number> {
  for (const { name, file } of reporterChoices(options)) {
    if (name === 'terminal') write(file, dryRunText(dryRun));
    else if (name === 'jsonl') write(file, await eventsText(dryRun, cells, options));
    else throw new BpfrigError('usage', `--dry-run: the reporter must be terminal or jsonl, not ${name}`);
  }
  return dryRun.kernels.some(({ availability }) => availability === 'absent') ? EXIT.infra : EXIT.ok;
}

/** A table with one row per kernel, and a line for the whole. */
function dryRunText({ kernels, cells, jobs, estimate }: DryRun): string {
  const rows = kernels.map(kernel => [
    kernel.id,
    AVAILABILITY_TEXTS[kernel.availability],
    String(kernel.cells),
    estimateText(kernel.estimate) || 'unknown',
    shapesText(kernel.shapes),
  ]);
  const time = estimateText(estimate) || 'time unknown';
  const whole = `${count(cells, 'cell')} on ${count(kernels.length, 'kernel')}, ${jobs} at once: ${time}`;
  return `${table([['kernel', 'state', 'cells', 'time', 'guests'], ...rows])}\n\n${whole}\n`;
}

async function eventsText(
  dryRun: DryRun,
  cells: readonly PlannedCell[],
  { accel }: Pick<RunOptions, 'accel'>,
): Promise<string> {
  const host = await hostFacts(chooseAccelerator(accel, await hostAcceleratorFacts(dryRun.jobs)));
  const reporter = createReporter('jsonl', { color: false, tty: false, columns: 0, groups: false });
  const eventLog = new EventLog();
  let text = '';
  eventLog.listen('jsonl', (event: RunEvent) => (text += reporter.onEvent(event)));
  eventLog.emit({
    type: 'run-start',
    runId: newRunId(),
    schema: RUN_SCHEMA,
    argv: process.argv.slice(2),
    host,
    kernels: dryRun.kernels.map(({ id }) => id),
    cells: cells.map(({ cell }) => cell),
    jobs: dryRun.jobs,
  });
  for (const note of dryRunNotes(dryRun)) eventLog.emit(note);
  return text;
}

function write(file: string | null, text: string): void {
  if (file === null) {
    process.stdout.write(text);
    return;
  }
  const fd = openSync(file, 'w');
  writeSync(fd, text);
  closeSync(fd);
}
