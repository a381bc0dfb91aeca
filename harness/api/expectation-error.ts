import type { Counters } from '../model/counters.ts';
import type { Ledger } from '../model/ledger.ts';
import { ledgerText } from '../report/findings.ts';
import { BpfrigError } from '../util/errors.ts';

/** What was seen when something did not hold. */
interface Seen {
  readonly counters?: Counters;
  readonly ledger?: Ledger | null;
  /** Further lines: notes, the console. */
  readonly lines?: readonly string[];
}

/**
 * What a program expects of its guest does not hold. As those of assertion libraries, its message has more than one line: what is wrong,
 * then the ledger.
 */
export class ExpectationError extends BpfrigError {
  readonly #counters: Counters;
  readonly #ledger: Ledger | null;

  constructor(what: string, { counters = {}, ledger = null, lines = [] }: Seen = {}) {
    const table = ledgerText(ledger).map(line => `    ${line}`);
    super('expectation', [what, ...table, ...lines].join('\n'));
    this.#counters = counters;
    this.#ledger = ledger;
  }

  // No properties: a test runner prints those, and all of the counters are no help.

  /** All counters at that moment; empty where nothing was counted. */
  get counters(): Counters {
    return this.#counters;
  }

  /** Null where there is none. */
  get ledger(): Ledger | null {
    return this.#ledger;
  }
}
