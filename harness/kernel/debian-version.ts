/**
 * Compares two Debian versions as `dpkg --compare-versions` does. Returns a negative number if `a` is older, 0 if they are equal.
 * The rules are those of deb-version(7): epoch, upstream version, revision; `~` sorts before everything, even the end of the text.
 */
export function compareDebianVersions(a: string, b: string): number {
  const left = split(a);
  const right = split(b);
  return (
    left.epoch - right.epoch ||
    comparePart(left.upstream, right.upstream) ||
    comparePart(left.revision, right.revision)
  );
}

/** Returns the upstream version of a kernel package, `5.10.262-1` -> `5.10.262`; null if the text is not a kernel version. */
export function upstreamVersion(version: string): string | null {
  const match = /^(?:\d+:)?(\d+\.\d+(?:\.\d+)?)(?=[-~+]|$)/.exec(version);
  if (match?.[1] === undefined) return null;
  // Version ranges are evaluated by semver, which requires three numbers.
  return match[1].split('.').length === 2 ? `${match[1]}.0` : match[1];
}

/** Returns the series of an upstream version, `6.12.117` -> `6.12`. */
export function seriesOfVersion(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

function split(version: string): { epoch: number; upstream: string; revision: string } {
  const colon = version.indexOf(':');
  const rest = version.slice(colon + 1);
  const dash = rest.lastIndexOf('-');
  return {
    epoch: colon < 0 ? 0 : Number(version.slice(0, colon)),
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    revision: dash < 0 ? '' : rest.slice(dash + 1),
  };
}

// Compares runs of non-digits by a modified ASCII order and runs of digits as numbers, alternately.
function comparePart(a: string, b: string): number {
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a[i])) || (j < b.length && !isDigit(b[j]))) {
      const difference = weight(a[i]) - weight(b[j]);
      if (difference !== 0) return difference;
      i++;
      j++;
    }
    const left = /^\d*/.exec(a.slice(i))?.[0] ?? '';
    const right = /^\d*/.exec(b.slice(j))?.[0] ?? '';
    const difference = Number(left) - Number(right);
    if (difference !== 0) return difference;
    i += left.length;
    j += right.length;
  }
  return 0;
}

function isDigit(char: string | undefined): boolean {
  return char !== undefined && char >= '0' && char <= '9';
}

function weight(char: string | undefined): number {
  if (char === undefined || isDigit(char)) return 0;
  if (char === '~') return -1;
  return /[A-Za-z]/.test(char) ? char.charCodeAt(0) : char.charCodeAt(0) + 256;
}
