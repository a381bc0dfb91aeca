import { parse } from 'yaml';

/** One step of a workflow or of a composite action. */
export interface WorkflowStep {
  readonly name?: string;
  readonly id?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly shell?: string;
  readonly if?: string;
  readonly with?: Readonly<Record<string, string | number>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** One job of a workflow, for one combination of its matrix. */
export interface WorkflowJob {
  readonly name: string;
  /** Whether its steps run in a container, whose default shell is sh and not bash. */
  readonly inContainer: boolean;
  readonly matrix: Readonly<Record<string, string>>;
  readonly steps: readonly WorkflowStep[];
}

/** What the rehearsal reads of a workflow for GitHub. */
export interface Workflow {
  readonly env: Readonly<Record<string, string>>;
  readonly jobs: readonly WorkflowJob[];
}

interface RawJob {
  readonly container?: unknown;
  readonly strategy?: { readonly matrix?: Readonly<Record<string, readonly unknown[]>> };
  readonly steps: readonly WorkflowStep[];
}

/** Reads a workflow: its jobs in the order in which they stand, one for each combination of a matrix. */
export function parseWorkflow(text: string): Workflow {
  const { env = {}, jobs } = parse(text) as {
    env?: Record<string, string>;
    jobs: Record<string, RawJob>;
  };
  return {
    env,
    jobs: Object.entries(jobs).flatMap(([name, { container, strategy, steps }]) =>
      combinations(strategy?.matrix ?? {}).map(matrix => ({
        name: [name, ...Object.values(matrix)].join(' '),
        inContainer: container !== undefined,
        matrix,
        steps,
      })),
    ),
  };
}

function combinations(matrix: Readonly<Record<string, readonly unknown[]>>): Record<string, string>[] {
  return Object.entries(matrix).reduce<Record<string, string>[]>(
    (all, [key, values]) => all.flatMap(one => values.map(value => ({ ...one, [key]: String(value) }))),
    [{}],
  );
}

/** The values of a job's expressions by their names, such as `matrix.shard`. */
export type Values = Readonly<Record<string, string>>;

/** A text with its `${{ NAME }}` filled in. Throws for anything but a name that is known: the rehearsal is no runner of GitHub's. */
export function fillIn(text: string, values: Values): string {
  return text.replaceAll(/\$\{\{\s*(.*?)\s*\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the rehearsal does not know \${{ ${name} }}`);
    return value;
  });
}

/** Whether a step runs, by its `if`: comparisons of names with texts, and `always()`, joined by `&&`. */
export function applies(condition: string | undefined, failed: boolean, values: Values): boolean {
  const parts = (condition ?? '').split('&&').map(part => part.trim());
  const isAlways = parts.includes('always()');
  const others = parts.filter(part => part !== '' && part !== 'always()');
  return (isAlways || !failed) && others.every(part => compares(part, values));
}

function compares(part: string, values: Values): boolean {
  const [, name = '', operator, text] = /^([\w.]+) (==|!=) '([^']*)'$/.exec(part) ?? [];
  const value = values[name];
  if (value === undefined) throw new Error(`the rehearsal does not know the condition: ${part}`);
  return operator === '==' ? value === text : value !== text;
}
