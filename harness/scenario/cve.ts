import { z } from 'zod';
import { FEATURE_NAMES, FEATURES, type FeatureName } from '../kernel/features.ts';
import type { CveFacts } from '../model/cve.ts';
import type { Expression } from './cel.ts';
import { namedFaults, namedFaultsSchema, type NameChecks, type NamedFaults } from './named-faults.ts';
import { plainText } from './plain-text.ts';
import type { Wrap } from './step-words.ts';

/** One way in which a kernel shows a defect. All of it must be there. */
export interface CveSign {
  /** Patterns that lines of the kernel's log match, each of them one, in a cell with a splat, a panic or a hang. */
  readonly splat: readonly RegExp[];
  /** Texts of expectations that do not hold, while all others do; none: only the log counts. */
  readonly fails: readonly string[];
}

/** What a kernel does that does not have the code of a defect, and what of the cell fails there; anything else that fails is a failure. */
export interface CveAbsence extends NamedFaults {
  readonly expression: Expression;
  readonly because: string;
}

/** The defect that a variant shows. */
export interface ScenarioCve extends CveFacts {
  /** Features without which a kernel does not have the code of the defect. */
  readonly unaffectedWithout: readonly FeatureName[];
  /** What a kernel does that does not have that code. */
  readonly unaffectedIf: readonly CveAbsence[];
  /** The defect's own evidence: a cell with one of these is that of a vulnerable kernel. */
  readonly signs: readonly CveSign[];
}

/** A pattern, or several of which each must match a line. */
const patterns = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

/** The key `cve` of a scenario. */
export function cveSchema(wrap: Wrap, when: z.ZodType<Record<string, string | string[]>>) {
  const sign = z.strictObject({
    splat: patterns
      .optional()
      .describe(
        "regular expression that a line of the kernel's log matches, in a cell with a splat, a panic or a hang; of a list each one, any line",
      ),
    fails: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('expectations that do not hold, each as it stands in `expect`, while all others do'),
    when: when.optional(),
  });
  return z.strictObject({
    id: z
      .string()
      .regex(/^CVE-\d{4}-\d{4,}$/)
      .describe('of the published defect'),
    subject: plainText.min(1).describe('of the upstream commit that fixes it'),
    commit: z
      .string()
      .regex(/^[0-9a-f]{12,40}$/)
      .optional()
      .describe('that commit: 12 hex digits or more'),
    fixed: z
      .array(z.string().regex(/^\d+\.\d+(?:\.\d+)?$/))
      .min(1)
      .describe(
        "upstream releases that were the first of their series with the fix. For readers: a cell's status never rests on them",
      ),
    unaffected: z
      .array(
        z.union([
          z.strictObject({
            without: wrap(z.enum(FEATURE_NAMES)).describe('a feature that the kernel lacks'),
            when: when.optional(),
          }),
          z.strictObject({
            expr: z.string().describe('a CEL expression over counters that holds there'),
            because: plainText.min(1).describe('why that shows it: one sentence'),
            fails: namedFaultsSchema(when)
              .min(1)
              .describe(
                'what of the scenario fails there, as `fails` of `known` names it; anything else that fails is a failure',
              ),
            when: when.optional(),
          }),
        ]),
      )
      .default([])
      .describe('what shows that a kernel does not have the code of the defect; its cell is a `skip`'),
    vulnerable: z
      .array(sign)
      .min(1)
      .describe("the defect's own evidence: a cell with one of these is that of a vulnerable kernel"),
  });
}

type CveDocument = z.infer<ReturnType<typeof cveSchema>>;

/** What is wrong with a part of `cve`; the path is within it. */
interface CveProblem {
  readonly path: readonly PropertyKey[];
  readonly text: string;
}

/** How what `cve` says is checked: by the scenario that it is in. */
export interface CveChecks extends NameChecks {
  /** An expression, or null after reporting what is wrong with it. */
  readonly expression: (text: string, path: readonly PropertyKey[]) => Expression | null;
  /** A regular expression, or null after reporting that it is none. */
  readonly pattern: (text: string, path: readonly PropertyKey[]) => RegExp | null;
}

/** Makes `cve` of a variant ready; reports what is wrong. */
export function buildCve(
  document: CveDocument,
  checks: CveChecks,
  report: (problem: CveProblem) => void,
): ScenarioCve {
  const { expression, pattern } = checks;
  const unaffectedWithout: FeatureName[] = [];
  const unaffectedIf: CveAbsence[] = [];
  for (const [index, item] of document.unaffected.entries()) {
    const path = ['unaffected', index];
    if ('without' in item) {
      unaffectedWithout.push(item.without);
      const { kind, probe } = FEATURES[item.without];
      if (kind === 'configuration' || probe !== null) continue;
      const text = `nothing but the version says whether a kernel has ${item.without}, and a status must be measured`;
      report({ path: [...path, 'without'], text });
    } else {
      const compiled = expression(item.expr, [...path, 'expr']);
      const named = namedFaults(item.fails, checks, (position, text) => {
        if (text !== null) report({ path: [...path, 'fails', position], text });
      });
      if (compiled !== null) unaffectedIf.push({ expression: compiled, because: item.because, ...named });
    }
  }
  const signs = document.vulnerable.map((sign, index): CveSign => {
    const path = ['vulnerable', index];
    if (sign.splat === undefined && sign.fails === undefined)
      report({ path, text: 'evidence is a `splat`, or expectations that it `fails`' });
    for (const [position, text] of (sign.fails ?? []).entries()) {
      const wrong = checks.expectation(text.trim());
      if (wrong !== null) report({ path: [...path, 'fails', position], text: wrong });
    }
    const splat = [sign.splat ?? []].flat();
    return {
      splat: splat.flatMap(text => pattern(text, [...path, 'splat']) ?? []),
      fails: (sign.fails ?? []).map(text => text.trim()),
    };
  });
  const { id, subject, commit = null, fixed } = document;
  return { id, subject, commit, fixed, unaffectedWithout, unaffectedIf, signs };
}
