import { Command } from 'commander';
import { foldRun } from '../report/fold.ts';
import { mergeRuns } from '../report/merge.ts';
import { Durations } from '../run/durations.ts';
import { EXIT, exitCode } from '../run/exit-code.ts';
import { copyCells, readEvents, RunFolder } from '../run/results.ts';
import { EventLog } from '../run/event-log.ts';
import { cacheRoot } from '../util/paths.ts';
import { attachReporters } from './reporters.ts';
import { collectReporter, TERMINAL, type ReporterChoice } from './run-options.ts';

interface ReportOptions {
  readonly reporter: readonly ReporterChoice[];
  readonly out?: string;
  readonly keepDurations?: boolean;
}

/** `bpfrig report`: any reporter over saved runs; several (shards) are reported as one. */
export function reportCommand(): Command {
  return new Command('report')
    .description('Report saved runs again, with any reporter. Several runs, such as shards, become one.')
    .argument('<run...>', "a run's folder, such as results/latest; all shards of a sharded run")
    .option(
      '--reporter <name[:file]>',
      'how to report, and where to (repeatable; default terminal)',
      collectReporter,
      [],
    )
    .option('--out <dir>', 'also make a folder of the whole, as a run leaves one')
    .option('--keep-durations', 'keep how long cells took, for whoever divides the next run into shards')
    .addHelpText(
      'after',
      `
The exit code is that of the whole: a cell that was planned and has no verdict makes it red, and so does a missing shard.
`,
    )
    .action(async (dirs: readonly string[], options: ReportOptions) => {
      process.exitCode = await report(dirs, options);
    });
}

async function report(dirs: readonly string[], options: ReportOptions): Promise<number> {
  const events = mergeRuns(dirs.map(readEvents), (counts, unfinished) =>
    exitCode({ counts, unfinished, signal: null }),
  );
  const folder = options.out === undefined ? null : RunFolder.create(options.out);
  if (folder !== null) for (const dir of dirs) await copyCells(dir, folder);
  const eventLog = new EventLog();
  const choices = options.reporter.length > 0 ? options.reporter : [TERMINAL];
  if (options.keepDurations) keepDurations(eventLog);
  const reporters = attachReporters(eventLog, choices, folder);
  for (const event of events) eventLog.replay(event);
  reporters.close();
  const summary = foldRun(events);
  // A run without an end was cut off, and one may claim an end that its cells do not bear out: neither is green.
  if (summary.exitCode === null) return EXIT.red;
  return summary.exitCode === EXIT.ok && summary.unfinished.length > 0 ? EXIT.red : summary.exitCode;
}

function keepDurations(eventLog: EventLog): void {
  const durations = Durations.load(cacheRoot());
  eventLog.listen(event => {
    durations.onEvent(event);
    if (event.type === 'run-end') durations.save();
  });
}
