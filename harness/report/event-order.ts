import type { RunEvent } from '../model/events.ts';
import { countVerdicts, VERDICT_NAMES, type Verdict } from '../model/verdict.ts';

/** The rules of a run's events that the schema of one event cannot state. */
export class EventOrder {
  #begun = false;
  #ended = false;
  readonly #planned = new Set<string>();
  readonly #kernels = new Set<string>();
  readonly #started = new Set<string>();
  readonly #judged = new Map<string, Verdict>();
  readonly #measured = new Set<string>();

  /** Whether `run-end` was seen. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Takes the next event. Returns what is wrong with it after those before, or null. */
  problem(event: RunEvent): string | null {
    if (this.#ended) {
      return event.type === 'run-end' ? 'a second end of the run' : `${event.type} after the end of the run`;
    }
    if (event.type === 'run-start') return this.#start(event);
    if (!this.#begun) return `${event.type} before the start of the run`;
    switch (event.type) {
      case 'kernel-ready':
        return this.#kernel(event.kernel.id);
      case 'kernel-failed':
      case 'template-ready':
        return this.#kernel(event.kernel);
      case 'cell-start':
        return this.#cell(event.cell) ?? once(this.#started, event.cell, 'a second start of cell');
      case 'cell-end': {
        const { cell, verdict } = event.result;
        if (this.#judged.has(cell.id)) return `a second verdict of cell ${cell.id}`;
        this.#judged.set(cell.id, verdict);
        return this.#cell(cell.id);
      }
      case 'code-coverage':
        return (
          this.#kernel(event.kernel) ??
          once(this.#measured, event.kernel, 'a second coverage of the code of kernel')
        );
      case 'run-end':
        this.#ended = true;
        return this.#end(event);
      case 'note':
        return null;
    }
  }

  #start({ cells, kernels }: Extract<RunEvent, { type: 'run-start' }>): string | null {
    if (this.#begun) return 'a second start of the run';
    this.#begun = true;
    for (const { kernel } of cells) this.#kernels.add(kernel);
    for (const id of kernels) this.#kernels.add(id);
    for (const { id } of cells) {
      const problem = once(this.#planned, id, 'the plan has more than one cell');
      if (problem !== null) return problem;
    }
    return null;
  }

  /** No line follows the last one and vouches for it, so what it counts is counted again. */
  #end({ counts, unfinished }: Extract<RunEvent, { type: 'run-end' }>): string | null {
    const without = [...this.#planned].filter(id => !this.#judged.has(id));
    const stated = new Set(unfinished);
    if (stated.size !== without.length || !without.every(id => stated.has(id))) {
      return `the end names ${stated.size} cells without a verdict, and the lines before leave ${without.length} without one`;
    }
    const seen = countVerdicts([...this.#judged.values()].map(verdict => ({ verdict })));
    const other = VERDICT_NAMES.find(name => counts[name] !== seen[name]);
    if (other === undefined) return null;
    return `the end counts ${counts[other]} cells with the verdict ${other}, and the lines before hold ${seen[other]}`;
  }

  #kernel(id: string): string | null {
    return this.#kernels.has(id) ? null : `kernel ${id} is not in the plan`;
  }

  #cell(id: string): string | null {
    return this.#planned.has(id) ? null : `cell ${id} is not in the plan`;
  }
}

function once(seen: Set<string>, id: string, text: string): string | null {
  if (seen.has(id)) return `${text} ${id}`;
  seen.add(id);
  return null;
}
