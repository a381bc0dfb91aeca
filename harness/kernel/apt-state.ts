import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BpfrigError } from '../util/errors.ts';
import { commandFailure, hostCommand, type HostCommandResult } from '../util/host-command.ts';
import { archiveUris, noArchive } from './apt-sources.ts';
import type { ArchName } from '../model/kernel.ts';
import type { Catalogue } from './catalogue.ts';
import { launcher } from '../util/launcher.ts';

/** How long a mirror may be silent, in seconds. */
const SILENT_S = 15;

/** How long apt may get nothing and not end, in milliseconds: it tries twice. */
const STALLED_MS = 3 * SILENT_S * 1000;

/** Longest time for an update of one suite, in milliseconds. */
export const UPDATE_MS = 300_000;
/** Longest time for the download of one package, in milliseconds. */
export const DOWNLOAD_MS = 1_800_000;

const KEYRINGS = ['debian-archive-keyring.gpg', 'debian-archive-keyring.pgp'].map(name =>
  join('/usr/share/keyrings', name),
);

/** How a suite is accessed. */
export interface AptAccess {
  /** bpfrig's cache. Each suite has its own apt state in `apt/SUITE`, for another architecture than amd64 in `apt/SUITE-ARCH`. */
  readonly cacheDir: string;
  readonly catalogue: Catalogue;
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** What apt is asked for: packages of an architecture, or the sources that packages are built from. */
export type AptKind = ArchName | 'source';

/** Folder below `apt/` of a suite's state. */
export function aptFolder(suite: string, kind: AptKind): string {
  return kind === 'amd64' ? suite : `${suite}-${kind}`;
}

/** Lines of an apt source, and whether the date matters until which an index is valid. */
function aptSource(kind: AptKind): {
  readonly type: string;
  readonly lines: string;
  readonly dated: boolean;
} {
  // A source is taken by the checksum of its pin: an old index could only lack it. And Debian's unstable is signed for a week at a time.
  if (kind === 'source') return { type: 'deb-src', lines: 'Targets: Sources\n', dated: false };
  return { type: 'deb', lines: `Architectures: ${kind}\nTargets: Packages\n`, dated: true };
}

/**
 * Writes apt's configuration and source list for one suite: private state, cache and sources, but the machine's proxies. Throws `usage` for a
 * suite that images/kernels.yaml does not list, `infra` when the machine has no archive or keyring for it.
 */
export async function privateState(
  suite: string,
  kind: AptKind,
  options: AptAccess,
): Promise<{ config: string }> {
  const entry = options.catalogue.suites[suite];
  if (entry === undefined) throw new BpfrigError('usage', `no suite "${suite}" in images/kernels.yaml`);
  const uri = archiveUris()[entry.archive];
  if (uri === null) {
    throw new BpfrigError('infra', `suite ${suite} is unavailable: ${noArchive(entry.archive)}`);
  }
  const keyring = KEYRINGS.find(file => existsSync(file));
  if (keyring === undefined) {
    throw new BpfrigError('infra', `${KEYRINGS[0]} is missing: install the package debian-archive-keyring`);
  }
  const { type, lines, dated } = aptSource(kind);
  const root = join(options.cacheDir, 'apt', aptFolder(suite, kind));
  await mkdir(join(root, 'lists', 'partial'), { recursive: true });
  await mkdir(join(root, 'sources'), { recursive: true });
  await mkdir(join(root, 'cache', 'archives', 'partial'), { recursive: true });
  const validUntil = dated && entry.ignoreValidUntil === null ? '' : 'Check-Valid-Until: no\n';
  await writeIfChanged(
    join(root, 'sources', 'bpfrig.sources'),
    `Types: ${type}\nURIs: ${uri}\nSuites: ${suite}\nComponents: main\n${lines}` +
      `Signed-By: ${keyring}\n${validUntil}`,
  );
  await writeIfChanged(join(root, 'status'), '');
  const config = join(root, 'apt.conf');
  await writeIfChanged(config, aptConfig(root, kind === 'source' ? 'amd64' : kind));
  return { config };
}

// Unchanged files are not rewritten, because apt in another process may be reading them.
async function writeIfChanged(file: string, text: string): Promise<void> {
  if (existsSync(file) && (await readFile(file, 'utf8')) === text) return;
  await writeFile(file, text);
}

// Passed with -c, so it is read after the machine's own configuration, whose proxies and credentials stay in effect.
function aptConfig(root: string, arch: ArchName): string {
  return `#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Architectures;
APT::Architecture "${arch}";
APT::Architectures { "${arch}"; };
APT::Sandbox::User "root";
Dir::State "${root}";
Dir::State::lists "${root}/lists";
Dir::State::status "${root}/status";
Dir::Cache "${root}/cache";
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "${root}/sources";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Acquire::AllowInsecureRepositories "false";
Acquire::Check-Date "true";
Acquire::Check-Valid-Until "true";
Acquire::Retries "1";
Acquire::http::Timeout "${SILENT_S}";
Acquire::https::Timeout "${SILENT_S}";
`;
}

/** Runs apt-get with the private state of a suite; `cwd` is where it puts what it downloads. It is given up when nothing comes any more. */
export async function runAptGet(
  config: string,
  args: readonly string[],
  access: AptAccess,
  { timeoutMs, cwd }: { readonly timeoutMs: number; readonly cwd?: string },
): Promise<HostCommandResult> {
  const folders = [
    join(dirname(config), 'lists', 'partial'),
    join(dirname(config), 'lists'),
    cwd ?? [],
  ].flat();
  const of = (): string => folders.map(sizesIn).join();
  const progress = { of, withinMs: STALLED_MS };
  return hostCommand('apt-get', ['-c', config, '-q', ...args], {
    ...commandOptions(access),
    timeoutMs,
    cwd,
    progress,
  });
}

function sizesIn(folder: string): string {
  try {
    const sizes = readdirSync(folder).map(
      name => statSync(join(folder, name), { throwIfNoEntry: false })?.size,
    );
    return sizes.join();
  } catch {
    // Not there yet.
    return '';
  }
}

/** Environment and signal of every program of apt's. */
export function commandOptions({ signal }: AptAccess) {
  return { env: { LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' }, signal } as const;
}

/** The error for a program of apt's that failed: its own line, and what to do about it. */
export function aptError(what: string, result: HostCommandResult): BpfrigError {
  const line = result.stderr.split('\n').find(text => /^(?:E|Err):?/.test(text));
  if (line === undefined) return commandFailure(what, result);
  const remedy = REMEDIES.find(({ when }) => when.test(result.stderr))?.text;
  const hint = remedy === undefined ? '' : ` (${remedy})`;
  return new BpfrigError('infra', `${what}: ${line.replace(/^E: /, '').trim()}${hint}`, {
    detail: result.stderr,
  });
}

/** What to do about a failure of apt's; the first that matches. */
const REMEDIES: readonly { readonly when: RegExp; readonly text: string }[] = [
  {
    when: /Could not resolve|Temporary failure resolving|Could not connect|Cannot initiate the connection|Network is unreachable|timed out|No route to host/i,
    text: `is this host online? Without a network, kernels run that are in the cache (\`${launcher()} kernels\`), and your own (path:, tree:)`,
  },
  {
    when: /not signed|NO_PUBKEY|EXPKEYSIG|signatures (?:couldn't|were invalid)|OpenPGP signature verification failed/i,
    text: 'its signature cannot be verified: update the package debian-archive-keyring; bpfrig takes no unsigned packages',
  },
  { when: /not valid yet|is expired|no longer valid/i, text: "is this host's clock right?" },
  { when: /No space left on device/, text: 'make room on the disk of the cache' },
];
