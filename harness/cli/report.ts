import { Command } from 'commander';
import { readEvents } from '../run/results.ts';
import { EXIT } from '../run/exit-code.ts';
import { Spine } from '../run/spine.ts';
import { attachReporters } from './reporters.ts';
import { collectReporter, type ReporterChoice } from './run-options.ts';

/** `bpfrig report`: any reporter over a saved run. */
export function reportCommand(): Command {
  return new Command('report')
    .description('Report a saved run again, with any reporter.')
    .argument('<run>', "a run's folder, such as results/latest")
    .option(
      '--reporter <name[:file]>',
      'how to report, and where to (repeatable; default terminal)',
      collectReporter,
      [],
    )
    .action((dir: string, { reporter }: { reporter: readonly ReporterChoice[] }) => {
      const events = readEvents(dir);
      const spine = new Spine();
      const reporters = attachReporters(
        spine,
        reporter.length > 0 ? reporter : [{ name: 'terminal', file: null }],
        null,
      );
      for (const event of events) spine.replay(event);
      reporters.close();
      const last = events.at(-1);
      // A run without an end was cut off: that is not green.
      process.exitCode = last?.type === 'run-end' ? last.exitCode : EXIT.red;
    });
}
