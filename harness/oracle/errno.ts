import { constants } from 'node:os';

/** Errnos of the kernel that Node has no name for (include/uapi/asm-generic/errno.h, include/linux/errno.h). */
const OTHERS: Readonly<Record<number, string>> = { 56: 'EBADRQC', 95: 'EOPNOTSUPP', 524: 'ENOTSUPP' };

const NAMES = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** Errnos that redirects are known to fail with: they stand in the counters with 0, so that an expectation can say so. */
export const REDIRECT_ERRNOS = [
  'ENOSPC',
  'EBADRQC',
  'EINVAL',
  'ENETDOWN',
  'ENXIO',
  'EOPNOTSUPP',
  'EMSGSIZE',
  'ENOENT',
] as const;

/** The name of a positive or negative errno, `ENOSPC`; `E999` for a number without a name. */
export function errnoName(errno: number): string {
  const number = Math.abs(errno);
  return OTHERS[number] ?? NAMES.get(number) ?? `E${number}`;
}
