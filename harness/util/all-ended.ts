/**
 * As `Promise.all`, but it rejects, with the first reason in their order, only when all have ended: what still ran beside a failure would be
 * cut off by the end of the process, and leave its temporary files.
 */
export async function allEnded<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return await Promise.all(promises);
}
