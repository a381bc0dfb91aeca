import { readFileSync, statSync, type Stats } from 'node:fs';

/** Debian's nobody and nogroup, the kernel's overflow ids: they own no file, and nobody logs in as them. */
const NOBODY = { uid: 65534, gid: 65534 } as const;

/** The user that QEMU runs as instead of root, and the supplementary groups that it keeps. */
export interface QemuUser {
  readonly uid: number;
  readonly gid: number;
  /** The group of /dev/kvm, where that is what makes it accessible. */
  readonly groups: readonly number[];
}

/** What decides whether QEMU gets a user of its own. */
export interface PrivilegeFacts {
  readonly uid: number;
  /** Effective capabilities as a bit mask: CapEff in /proc/self/status. */
  readonly capabilities: bigint;
  /** Text of /proc/self/uid_map: first id inside, first id outside, count. */
  readonly uidMap: string;
  /** /dev/kvm's owner and mode; null where it does not exist. */
  readonly kvm: Pick<Stats, 'mode' | 'gid'> | null;
}

/** CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_KILL, CAP_SETGID, CAP_SETUID: linux/capability.h. */
const NEEDED_CAPABILITIES = [0, 1, 3, 5, 6, 7];

/**
 * The user of QEMU. Null: bpfrig's own, which is an ordinary user, or a root that cannot become another user, since it lacks the
 * capabilities or its user namespace has no nobody. Such a root is not the machine's.
 */
export function qemuUser({ uid, capabilities, uidMap, kvm }: PrivilegeFacts): QemuUser | null {
  if (uid !== 0) return null;
  if (NEEDED_CAPABILITIES.some(bit => (capabilities & (1n << BigInt(bit))) === 0n)) return null;
  const mapped = uidMap.split('\n').some(line => {
    const [first = NaN, , count = NaN] = line.trim().split(/\s+/).map(Number);
    return NOBODY.uid >= first && NOBODY.uid < first + count;
  });
  if (!mapped) return null;
  const byGroup = kvm !== null && kvm.gid !== 0 && (kvm.mode & 0o060) === 0o060;
  return { ...NOBODY, groups: byGroup ? [kvm.gid] : [] };
}

/** Whether QEMU can use a /dev/kvm with this owner and mode; it opens it for reading and writing. */
export function mayUseKvm(user: QemuUser | null, kvm: Pick<Stats, 'mode' | 'gid'>): boolean {
  return user === null || (kvm.mode & 0o006) === 0o006 || user.groups.includes(kvm.gid);
}

/** The facts of this process and this machine. /dev/kvm is looked at and not opened. */
export function privilegeFacts(): PrivilegeFacts {
  const status = readFileSync('/proc/self/status', 'utf8');
  return {
    uid: process.geteuid?.() ?? NaN,
    capabilities: BigInt(`0x${/^CapEff:\s*(\S+)/m.exec(status)?.[1] ?? '0'}`),
    uidMap: readFileSync('/proc/self/uid_map', 'utf8'),
    kvm: statSync('/dev/kvm', { throwIfNoEntry: false }) ?? null,
  };
}

/** Most that a guest's console may hold, in bytes, so that no guest fills the disk: QEMU drops the rest (`confine`). */
export const CONSOLE_MAX_BYTES = 16 * 1024 * 1024;

/**
 * What QEMU is started through: programs that set limits and privileges and then become QEMU. It can gain no privileges (no_new_privs),
 * it is killed when bpfrig dies, however that happens, and it leaves no core file, which would hold the guest's memory. No file that it
 * writes grows beyond `fileMaxBytes`. That is the console's limit: QEMU drops what it cannot write, and goes on, since SIGXFSZ is ignored.
 */
export function confine(
  user: QemuUser | null,
  accel: 'kvm' | 'tcg',
  fileMaxBytes: number,
): readonly [string, ...string[]] {
  const limits = ['--core=0', `--fsize=${fileMaxBytes}`];
  const groups = accel === 'kvm' && user !== null && user.groups.length > 0 ? user.groups : null;
  const other =
    user === null
      ? []
      : [
          `--reuid=${user.uid}`,
          `--regid=${user.gid}`,
          groups === null ? '--clear-groups' : `--groups=${groups.join(',')}`,
        ];
  return [
    'env',
    '--ignore-signal=XFSZ',
    'prlimit',
    ...limits,
    'setpriv',
    ...other,
    '--no-new-privs',
    '--pdeathsig',
    'KILL',
  ];
}
