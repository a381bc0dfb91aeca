/** Does what was asked for under a key once, and returns the same promise from then on; a failure is not kept. */
export function once<K, T>(done: Map<K, Promise<T>>, key: K, make: () => Promise<T>): Promise<T> {
  const known = done.get(key);
  if (known !== undefined) return known;
  const made = make();
  done.set(key, made);
  made.catch(() => done.delete(key));
  return made;
}
