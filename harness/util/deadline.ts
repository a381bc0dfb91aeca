import { setTimeout as sleep } from 'node:timers/promises';

/** Returned by `within` when the time is up. */
export const TIME_UP = Symbol('time up');

/**
 * The result of `work`, or `TIME_UP` after `ms`; the work itself goes on, and its failure then counts as handled. Rejects as `work`
 * does before that.
 */
export async function within<T>(ms: number, work: Promise<T>): Promise<T | typeof TIME_UP> {
  const controller = new AbortController();
  work.catch(() => undefined);
  const timer = sleep(ms, TIME_UP, { signal: controller.signal });
  timer.catch(() => undefined);
  try {
    return await Promise.race([work, timer]);
  } finally {
    controller.abort();
  }
}
