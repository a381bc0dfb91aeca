import { hashKey } from '../util/hash.ts';

/** Longest name of a file that is made of an id, in bytes; a file system allows 255. */
const NAME_BYTES = 200;

/** A name for each id, of a cell or a kernel, whose usual name another one has too, as `a b` and `a_b` do. */
export function namesOf(ids: readonly string[]): Map<string, string> {
  // In lower case: some file systems do not distinguish.
  const key = (id: string): string => nameOf(id).toLowerCase();
  const times = new Map<string, number>();
  for (const id of ids) times.set(key(id), (times.get(key(id)) ?? 0) + 1);
  const shared = ids.filter(id => times.get(key(id)) !== 1);
  return new Map(shared.map(id => [id, `${nameOf(id)}-${hashKey(id)}`]));
}

/** The usual name of an id's file or folder. */
export function nameOf(id: string): string {
  // A scenario from outside the checkout begins with `..`, and a folder of that name would be hidden.
  const name = id.replaceAll(/[^\w.=,@[\]-]+/g, '_').replace(/^\.+/, '_');
  return name.length <= NAME_BYTES ? name : `${name.slice(0, NAME_BYTES)}-${hashKey(id)}`;
}
