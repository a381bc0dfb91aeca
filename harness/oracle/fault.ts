import type { LedgerFault } from '../model/ledger.ts';

/** One thing that contradicts the scenario. */
export interface Fault {
  /**
   * `step`: the kernel refused a step that was not to be refused, or did another thing than it says. `splat`: the kernel complained.
   * `counts`: two counts of the kernel's contradict each other. `expectation` and `ledger`: did not hold.
   */
  readonly kind: 'step' | 'splat' | 'counts' | 'expectation' | 'ledger';
  /** What a known entry calls it: an expectation's text, a ledger fault's name; for the rest its text. */
  readonly name: string;
  /** One line. */
  readonly text: string;
  /** Whether it stands although observations were lost: it rests on none of them. */
  readonly firm: boolean;
}

/** A fault of the ledger. It rests on the counts of the observers. */
export function ledgerFault({ name, text }: LedgerFault): Fault {
  return { kind: 'ledger', name, text, firm: false };
}

/** A fault whose text is its name, which no lost observation can explain. */
export function firmFault(kind: 'step' | 'splat' | 'counts', text: string): Fault {
  return { kind, name: text, text, firm: true };
}
