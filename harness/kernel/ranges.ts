import semver from 'semver';

/**
 * Ranges are npm semver ranges over upstream kernel versions; release candidates count as before their release
 * (`7.3-rc2` is not in `<7.3` and is in `>=7.3`: it is a kernel of that series).
 */
const OPTIONS = { includePrerelease: true } as const;

/** Versions that can run here: the observers need tp_btf and fexit, both since 5.5. The upper bound is far away. */
export const RUNNABLE = '>=5.5 <20';

const UPSTREAM = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?:-?rc(\d+))?/;

/** An upstream version (`5.10.262`, `7.3`, `7.3-rc2`, also with a tail as in `6.12.74+deb13`) as semver; null where the text is no version. */
export function toSemver(version: string): string | null {
  const [, major, minor, patch, rc] = UPSTREAM.exec(version) ?? [];
  if (major === undefined || minor === undefined) return null;
  return `${major}.${minor}.${patch ?? 0}${rc === undefined ? '' : `-rc.${rc}`}`;
}

/** Whether the text is a range that {@link inRange} understands. An empty text is not one. */
export function isRange(range: string): boolean {
  return range.trim() !== '' && semver.validRange(range, OPTIONS) !== null;
}

/** Whether an upstream version lies in a range. Throws a TypeError on a text that is no version or no range. */
export function inRange(version: string, range: string): boolean {
  const exact = toSemver(version);
  if (exact === null) throw new TypeError(`\`${version}\` is not an upstream kernel version`);
  if (!isRange(range)) throw new TypeError(`\`${range}\` is not a range of versions`);
  return semver.satisfies(exact, range, OPTIONS);
}

/** Whether `version` is `least` or newer: `atLeast('6.1.192', '6.1')`. Throws a TypeError on a text that is no version. */
export function atLeast(version: string, least: string): boolean {
  return inRange(version, `>=${least}`);
}

/** Whether a version that can run here lies in both ranges. */
export function meet(one: string, other: string): boolean {
  return (
    [one, other].every(range => semver.intersects(range, RUNNABLE, OPTIONS)) &&
    semver.intersects(one, other, OPTIONS)
  );
}
