import type { LedgerFault } from '../model/ledger.ts';
import type { NamedFaults } from '../scenario/named-faults.ts';

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

/** How many faults that nothing names are listed. */
const MOST_LISTED = 3;

/** The faults that are not named, as a text; null: all are. Splats are not named, but matched. */
export function unnamedFaults(named: NamedFaults, faults: readonly Fault[]): string | null {
  const unnamed = faults.filter(fault => !isNamed(named, fault));
  if (unnamed.length === 0) return null;
  const more = unnamed.length - MOST_LISTED;
  const names = unnamed.slice(0, MOST_LISTED).map(nameOf).join(', ');
  return `${names}${more > 0 ? ` and ${more} more` : ''}`;
}

function isNamed({ fails, ledger }: NamedFaults, { kind, name }: Fault): boolean {
  if (kind === 'splat') return true;
  if (kind === 'expectation') return fails.includes(name);
  return kind === 'ledger' && ledger.includes(name);
}

/** A fault as messages name it. */
export function nameOf({ kind, name, text }: Fault): string {
  if (kind === 'expectation') return `\`${name}\``;
  return kind === 'ledger' ? `ledger: ${name}` : text;
}
