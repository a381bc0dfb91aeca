import type { RunEvent } from '../model/events.ts';

/** The rules of a run's events that the schema of one event cannot state. */
export class EventOrder {
  #begun = false;
  #ended = false;
  readonly #planned = new Set<string>();
  readonly #kernels = new Set<string>();
  readonly #started = new Set<string>();
  readonly #judged = new Set<string>();

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
        const { id } = event.result.cell;
        return this.#cell(id) ?? once(this.#judged, id, 'a second verdict of cell');
      }
      case 'run-end':
        this.#ended = true;
        return null;
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
