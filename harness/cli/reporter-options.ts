import { InvalidArgumentError, Option, type Command } from 'commander';
import { isReporterName, REPORTERS, type ReporterName } from '../report/registry.ts';
import { didYouMean } from '../util/nearest.ts';

/** The options of a command that reports a run, as commander returns them. */
export interface ReporterFlags {
  readonly reporter: readonly ReporterChoice[];
}

/** One `--reporter NAME[:FILE]`. */
export interface ReporterChoice {
  readonly name: ReporterName;
  /** Null: standard output. */
  readonly file: string | null;
}

/** How a run is reported without `--reporter`. */
const TERMINAL: ReporterChoice = { name: 'terminal', file: null };

/** Adds the options by which a command is told how to report. */
export function addReporterOptions(command: Command): Command {
  return command.addOption(
    new Option('--reporter <name[:file]>', 'how to report, and where to (repeatable; default terminal)')
      .argParser(collectReporter)
      .default([]),
  );
}

/** Returns the reporters that the options select. */
export function reporterChoices({ reporter }: ReporterFlags): readonly ReporterChoice[] {
  return reporter.length > 0 ? reporter : [TERMINAL];
}

/** `NAME[:FILE]`, repeatable. */
function collectReporter(text: string, before: readonly ReporterChoice[]): ReporterChoice[] {
  const colon = text.indexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  const file = colon < 0 ? null : text.slice(colon + 1);
  if (!isReporterName(name)) {
    const names = Object.keys(REPORTERS);
    throw new InvalidArgumentError(
      `no reporter '${name}'${didYouMean(name, names)}; there are ${names.join(', ')}.`,
    );
  }
  if (file === '') throw new InvalidArgumentError(`'${text}' has no file name after the colon.`);
  return [...before, { name, file }];
}
