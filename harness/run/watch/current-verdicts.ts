import { sep } from 'node:path';
import { exitCode } from '../../model/exit-code.ts';
import { countVerdicts, isRed, type Verdict, type VerdictCounts } from '../../model/verdict.ts';
import type { PlannedCell } from '../plan.ts';
import type { Dependencies } from './dependencies.ts';

/** Verdicts of a watch that still hold: those of cells that nothing has changed since. A cell without one is to run. */
export class CurrentVerdicts {
  readonly #verdicts = new Map<string, Verdict>();

  /** Keeps the verdicts of a run. */
  add(results: Iterable<{ readonly cell: { readonly id: string }; readonly verdict: Verdict }>): void {
    for (const { cell, verdict } of results) this.#verdicts.set(cell.id, verdict);
  }

  /** All cells are to run again. */
  forgetAll(): void {
    this.#verdicts.clear();
  }

  /** Red cells are to run again. */
  forgetFailed(): boolean {
    const failed = [...this.#verdicts].filter(([, verdict]) => isRed(verdict));
    for (const [id] of failed) this.#verdicts.delete(id);
    return failed.length > 0;
  }

  /** Cells whose scenario depends on one of the files are to run again. */
  forgetChanged(
    cells: readonly PlannedCell[],
    changed: ReadonlySet<string>,
    dependencies: ReadonlyMap<string, Dependencies>,
  ): void {
    for (const { cell, scenario } of cells) {
      const known = dependencies.get(scenario.path);
      if (known === undefined || dependsOn(known, changed)) this.#verdicts.delete(cell.id);
    }
  }

  /** Of a plan, the cells without a verdict. */
  missing(cells: readonly PlannedCell[]): PlannedCell[] {
    return cells.filter(({ cell }) => !this.#verdicts.has(cell.id));
  }

  /** How the cells of a plan stand: the verdicts that hold, and the exit code of a run with these. */
  standing(cells: readonly PlannedCell[]): { readonly counts: VerdictCounts; readonly code: number } {
    const verdicts = cells.flatMap(({ cell }) => {
      const verdict = this.#verdicts.get(cell.id);
      return verdict === undefined ? [] : [{ verdict }];
    });
    const counts = countVerdicts(verdicts);
    const unfinished = cells.length - verdicts.length;
    return { counts, code: exitCode({ counts, unfinished, signal: null, complete: true }) };
  }
}

const MODULE = /\.[cm]?[jt]s$/;

function dependsOn({ scenario, objects, guest }: Dependencies, changed: ReadonlySet<string>): boolean {
  return [...changed].some(
    file => scenario.has(file) || objects.has(file) || isInGuest(file, guest) || isModuleOf(file, scenario),
  );
}

/** Whether a file is one of those that go into guests, or lies in such a folder. */
export function isInGuest(file: string, guest: Dependencies['guest']): boolean {
  return [...guest].some(one => file === one || file.startsWith(`${one}${sep}`));
}

/** A scenario that is a module may import any other. */
function isModuleOf(file: string, scenario: Dependencies['scenario']): boolean {
  return MODULE.test(file) && [...scenario].some(one => MODULE.test(one));
}
