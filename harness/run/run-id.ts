/** `20260131-145959`, in UTC: names that have it sort by time. */
export function timeStamp(now: Date = new Date()): string {
  return now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
}

/** What the last run of this process was named by, and how many of its runs were. */
let last = { name: '', runs: 0 };

/** Name of a run: two runs that start in the same second have different ones, also those of one process. */
export function newRunId(now: Date = new Date()): string {
  const name = `${timeStamp(now)}-${process.pid}`;
  last = { name, runs: last.name === name ? last.runs + 1 : 1 };
  return last.runs === 1 ? name : `${name}-${last.runs}`;
}
