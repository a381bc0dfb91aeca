import { BpfrigError } from '../../util/errors.ts';

/** Formats of packages: `.deb` of Debian and Ubuntu, `.rpm` of Fedora, RHEL, SUSE and Amazon Linux. */
export const PACKAGE_FORMATS = ['deb', 'rpm'] as const;

/** The name of a package format, also as a kernel spec begins. */
export type PackageFormat = (typeof PACKAGE_FORMATS)[number];

/** A package on this machine. */
export interface PackageFile {
  readonly format: PackageFormat;
  readonly file: string;
}

/** One member of a package, as the package says it; nothing of it is to be trusted. */
export interface Member {
  /** As it is written: perhaps with `./` in front, perhaps with `..`. */
  readonly name: string;
  /** `other` is what no kernel's package has: `kind` says what. */
  readonly type: 'file' | 'directory' | 'link' | 'other';
  /** In words: `symlink`, `block-device`, `link to "/etc/shadow"`. */
  readonly kind: string;
  readonly sizeBytes: number;
  /** What is not read of it is skipped when the next member is asked for. */
  readonly content: AsyncIterable<Uint8Array>;
}

/** How the program ended that unpacks a package. */
export interface Ended {
  /** Null where a signal ended it, or where it could not be started. */
  readonly code: number | null;
  readonly by: NodeJS.Signals | null;
  readonly stderr: string;
  /** The program, where it is not installed. */
  readonly missing: string | null;
}

/** A package that is being read. */
export interface OpenPackage {
  readonly members: AsyncIterable<Member>;
  /** Resolves when the program that unpacks it is gone; never rejects. */
  readonly ended: Promise<Ended>;
  readonly kill: () => void;
}

/** What is wrong with the bytes of a package, in a few words that follow its name and a colon. Whoever knows the name makes a message of it. */
export class PackageFault extends BpfrigError {
  constructor(message: string) {
    super('infra', message);
  }
}

/** Debian's packages of the programs that unpack packages. */
const PROGRAM_PACKAGES: Readonly<Record<string, string>> = {
  'dpkg-deb': 'dpkg',
  xz: 'xz-utils',
};

/** The error for a program of the host that is not installed. */
export function missingProgram(program: string, file: string): BpfrigError {
  const name = PROGRAM_PACKAGES[program] ?? program;
  return new BpfrigError(
    'infra',
    `cannot unpack ${file}: ${program} is not installed (Debian package ${name}: apt-get install ${name})`,
  );
}
