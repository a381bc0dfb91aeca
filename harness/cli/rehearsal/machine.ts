import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** /etc/os-release of Ubuntu 24.04, as far as anything reads it. */
const OS_RELEASE = `PRETTY_NAME="Ubuntu 24.04.3 LTS"
NAME="Ubuntu"
VERSION_ID="24.04"
VERSION_CODENAME=noble
ID=ubuntu
ID_LIKE=debian
UBUNTU_CODENAME=noble
`;

/** The sources of a runner of GitHub's: two stanzas, and the addresses in a file. */
const SOURCES = `Types: deb
URIs: mirror+file:/etc/apt/apt-mirrors.txt
Suites: noble noble-updates noble-backports
Components: main universe restricted multiverse
Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg

Types: deb
URIs: mirror+file:/etc/apt/apt-mirrors.txt
Suites: noble-security
Components: main universe restricted multiverse
Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg
`;

/**
 * A command that runs another one on a machine that looks like Ubuntu 24.04 to bpfrig: this one, in a mount namespace with Ubuntu's os-release and
 * apt sources. What is installed stays what it is, so that nothing has to be. `dir` is a folder for its files.
 */
export function ubuntuMachine(dir: string): string[] {
  const sources = join(dir, 'sources.list.d');
  mkdirSync(sources, { recursive: true });
  writeFileSync(join(sources, 'ubuntu.sources'), SOURCES);
  writeFileSync(join(dir, 'os-release'), OS_RELEASE);
  const script = `set -e
    # It is a link, and a link cannot be mounted over.
    mount --bind '${join(dir, 'os-release')}' "$(readlink -f /etc/os-release)"
    mount --bind '${sources}' /etc/apt/sources.list.d
    [ ! -e /etc/apt/sources.list ] || mount --bind /dev/null /etc/apt/sources.list
    exec "$@"`;
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'ubuntu'];
}
