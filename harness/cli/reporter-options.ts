import { InvalidArgumentError, Option, type Command } from 'commander';
import { isReporterName, REPORTERS, type ReporterName } from '../report/registry.ts';
import type { KcidbOptions } from '../report/kcidb/options.ts';
import { BpfrigError } from '../util/errors.ts';
import { didYouMean } from '../util/nearest.ts';

/** The options of a command that reports a run, as commander returns them. */
export interface ReporterFlags {
  readonly reporter: readonly ReporterChoice[];
  readonly kcidbOrigin?: string;
  readonly kcidbFiles?: string;
}

/** One `--reporter NAME[:FILE]`. */
export interface ReporterChoice {
  readonly name: ReporterName;
  /** Null: standard output. */
  readonly file: string | null;
  /** What the reporter `kcidb` needs; absent for the others. */
  readonly kcidb?: KcidbOptions;
}

/** How a run is reported without `--reporter`. */
const TERMINAL: ReporterChoice = { name: 'terminal', file: null };

/** Adds the options that say how a command reports. */
export function addReporterOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--reporter <name[:file]>', 'how to report, and where to (repeatable; default terminal)')
        .argParser(collectReporter)
        .default([]),
    )
    .addOption(
      new Option('--kcidb-origin <name>', "for the reporter kcidb: your CI's name at KernelCI")
        .argParser(kcidbOrigin)
        .env('BPFRIG_KCIDB_ORIGIN'),
    )
    .addOption(
      new Option('--kcidb-files <url>', "for the reporter kcidb: where the run's folder is published")
        .argParser(webAddress)
        .env('BPFRIG_KCIDB_FILES'),
    );
}

/** Returns the reporters that the options select. Throws `usage` for one that lacks what it needs. */
export function reporterChoices(flags: ReporterFlags): readonly ReporterChoice[] {
  const { reporter } = flags;
  if (reporter.length === 0) return [TERMINAL];
  return reporter.map(one => (one.name === 'kcidb' ? { ...one, kcidb: kcidbOptions(flags) } : one));
}

function kcidbOptions({ kcidbOrigin: origin, kcidbFiles }: ReporterFlags): KcidbOptions {
  if (origin !== undefined) return { origin, files: kcidbFiles ?? null };
  const what = 'the name that KernelCI has agreed on for your CI, with which every id begins';
  throw new BpfrigError(
    'usage',
    `--reporter kcidb needs --kcidb-origin NAME, or BPFRIG_KCIDB_ORIGIN: ${what}`,
  );
}

/** As KCIDB's schema has it. */
function kcidbOrigin(text: string): string {
  if (!/^[a-z0-9_]+$/.test(text))
    throw new InvalidArgumentError(`'${text}' must be of small letters, digits and _, such as my_lab.`);
  return text;
}

function webAddress(text: string): string {
  if (!/^https?:\/\/[^\s]+$/.test(text) || !URL.canParse(text))
    throw new InvalidArgumentError(`'${text}' must be an address that begins with https:// or http://.`);
  return text.replace(/\/+$/, '');
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
