import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The address from which this machine fetches each of Debian's archives; null if its apt sources do not name one. */
export interface ArchiveUris {
  readonly debian: string | null;
  readonly 'debian-security': string | null;
}

/** One `deb` entry of apt's sources, in either format (one-line or deb822). */
interface Source {
  readonly uri: string;
  readonly suites: readonly string[];
}

const NAMES = '(?:bullseye|bookworm|trixie|forky|duke|sid|unstable|testing|stable|oldstable|oldoldstable)';
const RELEASE = new RegExp(`^${NAMES}(?:-updates|-backports)?$`);
/** Ubuntu's security suites, as noble-security, have the same ending and none of these kernels. */
const SECURITY = new RegExp(`^${NAMES}(?:-security|/updates)$`);

/** What each archive's address may be stated by. */
const VARIABLES = {
  debian: 'BPFRIG_DEBIAN_ARCHIVE',
  'debian-security': 'BPFRIG_DEBIAN_SECURITY_ARCHIVE',
} as const;

/** Addresses of archives that somebody states. */
export type StatedArchives = { readonly [Name in keyof ArchiveUris]?: string | undefined };

let ofProject: StatedArchives = {};

/** From now on, archives that no variable of the environment states have these addresses: a project's own. */
export function useArchives(archives: StatedArchives): void {
  ofProject = archives;
}

/**
 * The address of each of Debian's archives: of the environment's variable, else of the project, else of this machine's apt. bpfrig itself
 * contains no address of a mirror. An address that nobody states is null.
 */
export function archiveUris(env: NodeJS.ProcessEnv = process.env, etcApt: string = '/etc/apt'): ArchiveUris {
  const machine = machineArchives(etcApt);
  const uri = (name: keyof ArchiveUris): string | null =>
    (env[VARIABLES[name]] ?? '') || (ofProject[name] ?? machine[name]);
  return { debian: uri('debian'), 'debian-security': uri('debian-security') };
}

/** The sentence for a host where an archive is unknown. */
export function noArchive(name: keyof ArchiveUris): string {
  return (
    `this machine's apt has no ${name} archive: name one by the variable ${VARIABLES[name]}, or by ` +
    `\`mirror: { ${name}: https://… }\` in bpfrig.yaml`
  );
}

/** Reads the archive addresses from /etc/apt/sources.list and sources.list.d. */
export function machineArchives(etcApt: string = '/etc/apt'): ArchiveUris {
  const folder = join(etcApt, 'sources.list.d');
  const parts = existsSync(folder)
    ? readdirSync(folder)
        .sort()
        .map(name => join(folder, name))
    : [];
  const sources = [join(etcApt, 'sources.list'), ...parts].flatMap(file => {
    if (!existsSync(file)) return [];
    if (file.endsWith('.list')) return parseListFile(readFileSync(file, 'utf8'));
    return file.endsWith('.sources') ? parseSourcesFile(readFileSync(file, 'utf8')) : [];
  });
  const carrying = (pattern: RegExp): string | null =>
    sources.find(source => source.suites.some(suite => pattern.test(suite)))?.uri ?? null;
  return { debian: carrying(RELEASE), 'debian-security': carrying(SECURITY) };
}

/** Parses `deb [options] URI SUITE COMPONENT...` lines; see sources.list(5). Returns only entries with component main. */
export function parseListFile(text: string): Source[] {
  return text.split('\n').flatMap(line => {
    const match = /^\s*deb\s+(?:\[[^\]]*\]\s*)?(\S+)\s+(\S+)\s+([^#]*)/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) return [];
    return (match[3] ?? '').split(/\s+/).includes('main') ? [{ uri: match[1], suites: [match[2]] }] : [];
  });
}

/** Parses deb822 stanzas; see sources.list(5). Returns only enabled entries of type deb with component main. */
export function parseSourcesFile(text: string): Source[] {
  const uncommented = text.replace(/^#.*\n?/gm, '');
  return uncommented.split(/\n\s*\n/).flatMap(stanza => {
    const words = (name: string): string[] => {
      const value = new RegExp(`^${name}:((?:.*)(?:\\n[ \\t]+.*)*)`, 'mi').exec(stanza)?.[1] ?? '';
      return value.split(/\s+/).filter(word => word !== '');
    };
    const enabled = !['no', 'false', '0'].includes(words('Enabled')[0]?.toLowerCase() ?? 'yes');
    const uri = words('URIs')[0];
    if (!enabled || uri === undefined || !words('Types').includes('deb')) return [];
    return words('Components').includes('main') ? [{ uri, suites: words('Suites') }] : [];
  });
}
