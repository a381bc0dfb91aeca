import { z } from 'zod';

/** What fails in a cell, by the names that a scenario uses for it. */
export interface NamedFaults {
  /** Texts of the expectations that fail; a variant need not have all of them. */
  readonly fails: readonly string[];
  /** Names of the ledger's faults. */
  readonly ledger: readonly string[];
}

/** A list of what fails: expectations as they stand in `expect`, and faults of the ledger. */
export function namedFaultsSchema(when: z.ZodType<Record<string, string | string[]>>) {
  return z.array(
    z.union([
      z.string(),
      z.strictObject({ expr: z.string().describe('as it stands in `expect`'), when: when.optional() }),
      z.strictObject({
        ledger: z.string().describe('the name of a fault of the ledger, such as `identity.changed`'),
        when: when.optional(),
      }),
    ]),
  );
}

/** Such a list as a scenario has it, for one variant. */
export type NamedFaultsDocument = z.infer<ReturnType<typeof namedFaultsSchema>>;

/** How a name is checked: what is wrong with it; null: the variant has it. */
export interface NameChecks {
  readonly expectation: (text: string) => string | null;
  readonly ledger: (name: string) => string | null;
}

/** The names of such a list by their kinds; `check` gets each with its position and with what is wrong with it, or null. */
export function namedFaults(
  document: NamedFaultsDocument,
  checks: NameChecks,
  check: (position: number, wrong: string | null) => void,
): NamedFaults {
  const named = document.map(one => (typeof one === 'string' ? { expr: one } : one));
  for (const [position, one] of named.entries())
    check(position, 'expr' in one ? checks.expectation(one.expr.trim()) : checks.ledger(one.ledger.trim()));
  return {
    fails: named.flatMap(one => ('expr' in one ? one.expr.trim() : [])),
    ledger: named.flatMap(one => ('ledger' in one ? one.ledger.trim() : [])),
  };
}
