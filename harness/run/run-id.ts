/** `20260131-145959`, in UTC: names that have it sort by time. */
export function timeStamp(now: Date = new Date()): string {
  return now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
}

/** Name of a run: two runs that start in the same second have different ones. */
export function newRunId(): string {
  return `${timeStamp()}-${process.pid}`;
}
