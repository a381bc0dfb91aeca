import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { explainIssue } from './explain-issue.ts';
import { guestObject } from './guest-schema.ts';
import { keysOf } from './json-schema.ts';
import { problemLines } from './parse.ts';
import { yamlSource, type Source } from './places.ts';
import { exactly } from './step-words.ts';

/** Name of the file at the root of a project. */
export const PROJECT_FILE = 'bpfrig.yaml';

const archive = z.url({ protocol: /^(?:https?|file)$/ }).describe('address of the archive, as apt takes it');

const schema = z.strictObject({
  kernels: z
    .array(z.string().min(1).max(4096))
    .min(1)
    .optional()
    .describe('what `--kernel` takes, for commands without it; paths are relative to this file'),
  suites: z
    .array(z.string().min(1).max(4096))
    .min(1)
    .default(['.'])
    .describe('files and folders of scenarios, relative to this file: what `run` runs without paths'),
  jobs: z.int().min(1).max(1024).optional().describe('cells at once, without `--jobs`'),
  guest: guestObject(exactly, z.never() as unknown as z.ZodType<Record<string, string | string[]>>)
    .pick({ cpus: true, memory_mib: true, append: true, modules: true, programs: true, sysctls: true })
    .partial()
    .optional()
    .describe("what scenarios have that say nothing else: each key as in a scenario's `guest`"),
  mirror: z
    .strictObject({ debian: archive.optional(), 'debian-security': archive.optional() })
    .optional()
    .describe("where Debian's kernels are fetched from, on hosts whose apt has no archive of Debian"),
});

/** What a `bpfrig.yaml` says, paths as they stand in it. */
export interface ProjectSettings {
  readonly kernels: readonly string[] | null;
  readonly suites: readonly string[];
  readonly jobs: number | null;
  /** For scenarios that do not state these keys of `guest`; checked, as written. */
  readonly guest: Readonly<Record<string, unknown>>;
  readonly mirror: { readonly debian?: string | undefined; readonly 'debian-security'?: string | undefined };
}

/** The JSON Schema of bpfrig.yaml, for editors: the content of `project.schema.json`. */
export function projectJsonSchema(): z.core.JSONSchema.BaseSchema {
  const json = z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' });
  return { ...json, title: 'bpfrig project' };
}

/** Reads a bpfrig.yaml. Throws `usage` with every problem, as `FILE:LINE:COLUMN: text`, in its detail. */
export function readProjectFile(path: string): ProjectSettings {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new BpfrigError('usage', `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  return parseProjectFile(text, path);
}

/** As {@link readProjectFile}, from text; `path` is used in messages only. */
export function parseProjectFile(text: string, path: string): ProjectSettings {
  const source = yamlSource(text);
  refuse(problemLines(path, source.problems));
  const raw = withSeriesAsWritten(source);
  const checked = schema.safeParse(raw);
  if (!checked.success) {
    const keysAt = (at: readonly PropertyKey[]): string[] => keysOf(projectJsonSchema(), at);
    const problems = checked.error.issues.flatMap(issue =>
      explainIssue(issue, raw, source, at => at, keysAt),
    );
    refuse(problemLines(path, problems));
  }
  const { kernels = null, suites = ['.'], jobs = null, mirror = {} } = checked.data ?? {};
  const { guest = {} } = raw as { guest?: Record<string, unknown> };
  return { kernels, suites, jobs, guest, mirror };
}

/** YAML reads the series 6.10 as the number 6.1. Here it can only be a series: it counts as it is written. An empty file has no settings. */
function withSeriesAsWritten(source: Source): unknown {
  const { data } = source;
  if (data === null) return {};
  const { kernels } = data as { kernels?: unknown };
  if (!Array.isArray(kernels)) return data;
  const texts = kernels.map((kernel: unknown, index) =>
    typeof kernel === 'number' ? source.written(['kernels', index]) : kernel,
  );
  return { ...data, kernels: texts };
}

function refuse(lines: readonly string[]): void {
  const [first, ...more] = lines;
  if (first === undefined) return;
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
  throw new BpfrigError('usage', `${first}${others}`, more.length === 0 ? {} : { detail: lines.join('\n') });
}
