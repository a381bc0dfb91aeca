import type { XdpMode } from '../model/observations.ts';
import { inRange } from '../kernel/ranges.ts';

/** On these kernels, in this mode, a field of the kernel has this meaning. */
export interface SemanticsRow {
  readonly field: string;
  /** null: in both. */
  readonly mode: XdpMode | null;
  /** Range of upstream versions. */
  readonly kernels: string;
  readonly means: string;
  /** Function of the kernel that shows it, with commit and release. */
  readonly truth: string;
}

/** Looks a meaning up; see {@link meanings}. */
export type Meaning<R extends SemanticsRow> = <F extends R['field']>(
  field: F,
  mode: XdpMode,
  version: string,
) => Extract<R, { readonly field: F }>['means'];

/**
 * A function that returns what a field means on a kernel in a mode: the first row that fits decides. A test checks that every field has
 * a row for every kernel and mode; without one it throws a TypeError.
 */
export function meanings<R extends SemanticsRow>(rows: readonly R[]): Meaning<R> {
  return (field, mode, version) => {
    const row = rows.find(
      one => one.field === field && (one.mode ?? mode) === mode && inRange(version, one.kernels),
    );
    if (row === undefined) throw new TypeError(`no meaning of ${field} in ${mode} mode on ${version}`);
    return row.means as Extract<R, { readonly field: typeof field }>['means'];
  };
}
