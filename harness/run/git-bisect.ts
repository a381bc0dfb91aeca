import { EXIT } from './exit-code.ts';

/** What `git bisect run` takes for "this commit cannot be judged"; see git-bisect(1). */
export const CANNOT_BE_JUDGED = 125;

/**
 * An exit code as `git bisect run` wants it: 0 good, 1 bad, 125 for all that says nothing about the kernel (it was not built, the
 * host failed, every cell was skipped). A signal's code stays: git then ends the bisection, as whoever sent it wants.
 */
export function gitBisectCode(code: number): number {
  switch (code) {
    case EXIT.ok:
    case EXIT.red:
    case EXIT.SIGINT:
    case EXIT.SIGTERM:
      return code;
    default:
      return CANNOT_BE_JUDGED;
  }
}
