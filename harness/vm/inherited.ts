/**
 * Descriptors that a QEMU inherits: everything that it reads or writes, apart from its sockets. So it needs no access to the folders
 * where these files are, which are closed to every user but bpfrig's, and what was opened cannot be replaced.
 */
export const INHERITED = { console: 3, image: 4, initrd: 5, ram: 6 } as const;

/** Path by which QEMU opens a file that it inherits: the permissions of the file count, those of its folders do not. */
export function inheritedPath(what: keyof typeof INHERITED): string {
  return `/proc/self/fd/${INHERITED[what]}`;
}
