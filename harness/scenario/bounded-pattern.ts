import { withinDeadline } from '../util/bounded-call.ts';
import { BOUNDS } from './bounds.ts';

/**
 * A regular expression of a scenario's. JavaScript's search can take longer than the universe lasts, so `test` throws BpfrigError `scenario`
 * after a deadline.
 */
export class BoundedPattern extends RegExp {
  override test(text: string): boolean {
    const what = `the regular expression ${String(this)}`;
    return withinDeadline(BOUNDS.evaluationMs, what, () => super.test(text));
  }
}
