import { EXIT } from '../model/exit-code.ts';

/** The exit code by which `git bisect run` learns that a commit cannot be judged; see git-bisect(1). */
const CANNOT_BE_JUDGED = 125;

/**
 * The exit code for `git bisect run`: 0 good, 1 bad, 125 for everything that says nothing about the kernel (it was not built, the
 * host failed, every cell was skipped). The code of a signal stays: git then ends the bisection.
 */
export function gitBisectCode(code: number): number {
  switch (code) {
    case EXIT.ok:
    case EXIT.red:
    case EXIT.SIGHUP:
    case EXIT.SIGINT:
    case EXIT.SIGTERM:
      return code;
    default:
      return CANNOT_BE_JUDGED;
  }
}
