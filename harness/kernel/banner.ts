/** `uname -r` and the upstream version, parsed from a kernel's banner. */
export interface KernelName {
  readonly release: string;
  /** Three numbers, for example `6.12.117`. */
  readonly version: string;
}

/**
 * Parses `6.12.74+deb13-amd64 (who@where) #1 SMP PREEMPT_DYNAMIC Debian 6.12.74-2 (2026-03-08)`, with or without a leading
 * `Linux version `. The release of some Debian kernels does not contain the upstream version (5.10.0-46); it is then taken from the
 * end of the banner. Returns null for other text.
 */
export function parseBanner(banner: string): KernelName | null {
  const text = banner.replace(/^Linux version /, '');
  const release = /^\d+\.\d+\S*/.exec(text)?.[0];
  if (release === undefined) return null;
  const number = (/ Debian (\d+\.\d+(?:\.\d+)?)[-~+]/.exec(text) ??
    /^(\d+\.\d+(?:\.\d+)?)/.exec(release))?.[1];
  if (number === undefined) return null;
  return { release, version: number.split('.').length === 2 ? `${number}.0` : number };
}

/** Returns the `Linux version ...` line of a kernel that is not compressed (init/version.c, linux_banner); null if there is none. */
export function bannerIn(file: Buffer): string | null {
  // A format string in the kernel starts with the same words, followed by %s.
  for (let at = file.indexOf('Linux version '); at >= 0; at = file.indexOf('Linux version ', at + 1)) {
    if (!/\d/.test(String.fromCharCode(file[at + 14] ?? 0))) continue;
    const end = file.indexOf('\n', at);
    return file.toString('latin1', at, end < 0 ? Math.min(at + 512, file.length) : end);
  }
  return null;
}
