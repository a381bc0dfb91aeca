import { Command, Option } from 'commander';
import type { RunEvent } from '../model/events.ts';
import { EXIT } from '../model/exit-code.ts';
import { foldRun } from '../report/fold.ts';
import { mergeRuns } from '../report/merge.ts';
import { inert } from '../report/text.ts';
import { Durations } from '../run/durations.ts';
import { copyCells, refuseSharedFolders, RunFolder } from '../run/results.ts';
import { EventLog } from '../run/event-log.ts';
import { BpfrigError } from '../util/errors.ts';
import { cacheRoot } from '../util/paths.ts';
import { reportHistory } from './history.ts';
import { cellMail } from './mail.ts';
import { onProgress } from './progress.ts';
import { addReporterOptions, reporterChoices, type ReporterFlags } from './reporter-options.ts';
import { attachReporters } from './reporters.ts';
import { readSavedRun } from './saved-run.ts';

interface ReportOptions extends ReporterFlags {
  readonly out?: string;
  readonly keepDurations?: boolean;
  readonly history?: boolean;
  readonly mail?: string;
  readonly bisect?: string;
}

/** `bpfrig report`: any reporter over saved runs; several (shards) are reported as one. */
export function reportCommand(): Command {
  const command = new Command('report')
    .description('Report saved runs again, with any reporter. Several runs, such as shards, become one.')
    .argument('<run...>', "a run's folder, such as results/latest; all shards of a sharded run")
    .option(
      '--history',
      'instead of one run, how each cell went along all of them: regressions, flakes; also of a folder of runs',
    );
  return addReporterOptions(command)
    .addOption(
      new Option(
        '--mail <cell>',
        'instead of the run, one cell as plain text for a mailing list; its id is as `run --list` prints it',
      ).conflicts(['history', 'reporter', 'out', 'keepDurations']),
    )
    .option(
      '--bisect <dir>',
      'for --mail: the folder of a bisect of the same scenario, for the suspected commits',
    )
    .option('--out <dir>', 'also make a folder of the whole, as a run leaves one')
    .option('--keep-durations', 'keep how long cells took, so that the next run is divided into shards by it')
    .addHelpText(
      'after',
      `
The exit code is that of the whole, computed from its cells: a cell that was planned and has no verdict makes it red, and so does a
missing shard. It is 3 for a run without an end, and for a file that is not what a run wrote; the message names the line.
With --mail it is 0, whatever the cell's verdict is. With --history it is 1 if a cell of the newest run was good before and is red, and otherwise 0; reporters are terminal, html and json.
`,
    )
    .action(async (dirs: readonly string[], options: ReportOptions) => {
      process.exitCode = await report(dirs, options);
    });
}

async function report(dirs: readonly string[], options: ReportOptions): Promise<number> {
  if (options.mail !== undefined) return reportMail(dirs, options.mail, options.bisect ?? null);
  if (options.bisect !== undefined)
    throw new BpfrigError('usage', '--bisect: only for --mail CELL, the report that has suspected commits');
  const choices = reporterChoices(options);
  if (options.history) return reportHistory(dirs, choices, options.out ?? null);
  const runs = dirs.map(readSavedRun);
  const events = mergeRuns(runs);
  const folder = options.out === undefined ? null : await folderOfWhole(options.out, dirs, runs);
  const eventLog = new EventLog(onProgress);
  if (options.keepDurations) keepDurations(eventLog);
  const reporters = attachReporters(eventLog, choices, folder);
  for (const event of events) eventLog.replay(event);
  reporters.close();
  return eventLog.codeOf(foldRun(events).exitCode);
}

/** Prints the report of one cell; the exit code is 0, whatever the cell's verdict is. */
function reportMail(dirs: readonly string[], cell: string, bisect: string | null): number {
  const summary = foldRun(mergeRuns(dirs.map(readSavedRun)));
  process.stdout.write(inert(cellMail(summary, dirs, cell, bisect)));
  return EXIT.ok;
}

/** A folder with the artifacts of all runs. */
async function folderOfWhole(
  out: string,
  dirs: readonly string[],
  runs: readonly (readonly RunEvent[])[],
): Promise<RunFolder> {
  refuseSharedFolders(runs.flat().flatMap(event => (event.type === 'cell-end' ? [event.result] : [])));
  const folder = RunFolder.create(out);
  for (const dir of dirs) await copyCells(dir, folder);
  return folder;
}

function keepDurations(eventLog: EventLog): void {
  const durations = Durations.load(cacheRoot());
  eventLog.listen('durations', event => {
    durations.onEvent(event);
    if (event.type === 'run-end') durations.save();
  });
}
