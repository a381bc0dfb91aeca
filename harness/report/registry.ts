import { createGithubReporter } from './github.ts';
import { createHtmlReporter } from './html/page.tsx';
import { createJsonReporter } from './json.ts';
import { createJsonlReporter } from './jsonl.ts';
import { createJunitReporter } from './junit.ts';
import { createKcidbReporter } from './kcidb/kcidb.ts';
import { createKtapReporter } from './ktap.ts';
import { createMarkdownReporter } from './markdown.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';
import { createTapReporter } from './tap.ts';
import { createTerminalReporter } from './terminal.ts';

/** A reporter that `--reporter NAME[:FILE]` can name. */
export interface ReporterEntry {
  /** Name of its file in a run's folder. */
  readonly file: string;
  /** Description for `--help`, one line. */
  readonly about: string;
  readonly create: (options: ReporterOptions) => Reporter;
}

/** All reporters by name. */
export const REPORTERS = {
  terminal: {
    file: 'report.txt',
    about: 'for people: one line per cell, the matrix at the end',
    create: createTerminalReporter,
  },
  tap: { file: 'run.tap', about: 'TAP version 13', create: createTapReporter },
  ktap: { file: 'run.ktap', about: "KTAP version 1, the kernel's dialect", create: createKtapReporter },
  junit: { file: 'junit.xml', about: 'JUnit XML, one suite per kernel', create: createJunitReporter },
  json: { file: 'run.json', about: 'the whole run as one document', create: createJsonReporter },
  jsonl: { file: 'events.jsonl', about: 'events as they happen, one per line', create: createJsonlReporter },
  html: { file: 'report.html', about: 'one page with everything, for a browser', create: createHtmlReporter },
  markdown: {
    file: 'report.md',
    about: 'GitHub-flavoured markdown, for a job summary',
    create: createMarkdownReporter,
  },
  github: {
    file: 'annotations.txt',
    about: 'GitHub annotations at the lines of scenarios',
    create: createGithubReporter,
  },
  kcidb: {
    file: 'kcidb.json',
    about: "for KernelCI's database KCIDB, schema 5.3; needs --kcidb-origin",
    create: createKcidbReporter,
  },
} as const satisfies Record<string, ReporterEntry>;

/** Name of a reporter. */
export type ReporterName = keyof typeof REPORTERS;

/** Returns whether a name is that of a reporter. */
export function isReporterName(name: string): name is ReporterName {
  return Object.hasOwn(REPORTERS, name);
}

/** Creates a reporter for one run. */
export function createReporter(name: ReporterName, options: ReporterOptions): Reporter {
  return REPORTERS[name].create(options);
}
