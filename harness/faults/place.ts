import { chmodSync, cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { PACKAGE_ROOT } from '../util/paths.ts';

/** Name of the environment variable by which a fault's processes are found again; its value is the place's folder. */
export const MARK = 'BPFRIG_FAULT_PLACE';

/** The folders of one fault: bpfrig's temporary files, results and cache, the fault's own files. Removed when its scope ends. */
export class Place implements AsyncDisposable {
  readonly dir: string;
  /** bpfrig's TMPDIR. The names are short: the paths of sockets are limited. */
  readonly tmp: string;
  /** bpfrig's BPFRIG_RESULTS. */
  readonly results: string;
  /** Where a run's folder is to be: `--out`. */
  readonly out: string;
  /** Where `announcedQemu` reports. */
  readonly announced: string;
  /** bpfrig's XDG_CACHE_HOME. */
  readonly xdgCache: string;

  private constructor() {
    this.dir = mkdtempSync(join(tmpdir(), 'bf-'));
    this.tmp = join(this.dir, 't');
    this.results = join(this.dir, 'r');
    this.out = join(this.results, 'run');
    this.announced = join(this.dir, 'q');
    this.xdgCache = join(this.dir, 'c');
    for (const folder of [this.tmp, this.results, this.announced]) mkdirSync(folder);
    // QEMU may run as another user, whose wrapper must be found and may write its name.
    chmodSync(this.dir, 0o755);
    chmodSync(this.announced, 0o1777);
  }

  /** A place whose cache has what `seedCache` has, as hard links: whoever damages a file replaces it (`damage`). */
  static async make(seedCache: string): Promise<Place> {
    const place = new Place();
    await execa('cp', ['-al', seedCache, place.xdgCache]);
    return place;
  }

  /** Writes a file of the fault's own and returns its path. */
  write(name: string, content: string | Buffer, mode = 0o644): string {
    const path = join(this.dir, name);
    writeFileSync(path, content);
    chmodSync(path, mode);
    return path;
  }

  /** bpfrig's own folder within `xdgCache`. */
  get cache(): string {
    return join(this.xdgCache, 'bpfrig');
  }

  /** Removes kinds of entries from the cache, which are then made anew. Returns the cache. */
  async without(...kinds: readonly string[]): Promise<string> {
    await Promise.all(kinds.map(kind => rm(join(this.cache, kind), { recursive: true, force: true })));
    return this.cache;
  }

  /** Empties the cache. */
  async coldCache(): Promise<void> {
    await rm(this.xdgCache, { recursive: true });
    mkdirSync(this.xdgCache);
  }

  /** Writes a QEMU that runs `script` (of /bin/sh), which may end with `exec "$QEMU" "$@"`, and returns its path: BPFRIG_QEMU. */
  qemu(script: string): string {
    return this.write('qemu', `#!/bin/sh\nQEMU=\${BPFRIG_REAL_QEMU:-qemu-system-x86_64}\n${script}\n`, 0o755);
  }

  /** A QEMU that announces its process: `LiveRun.onQemu`. `script` runs before the real one takes its place; `$kind` is `boot` or `clone`. */
  announcedQemu(script = ''): string {
    return this.qemu(`${UNLESS_VERSION}
kind=boot
for arg; do [ "$arg" = -incoming ] && kind=clone; done
: > '${this.announced}'/$kind-$$
${script}
exec "$QEMU" "$@"`);
  }

  /** A QEMU that damages what it says, or only plays one: the modes of fake-qemu.ts. */
  fakeQemu(...mode: readonly string[]): string {
    const program = join(this.dir, 'fake-qemu.mjs');
    cpSync(join(PACKAGE_ROOT, 'dist', 'faults', 'fake-qemu.js'), program);
    const words = mode.map(word => `'${word}'`).join(' ');
    return this.qemu(`${UNLESS_VERSION}\nexec '${process.execPath}' '${program}' "$QEMU" ${words} "$@"`);
  }

  /** Puts a program of this name before all others in PATH, and returns that PATH. */
  program(name: string, script: string): string {
    mkdirSync(join(this.dir, 'bin'), { recursive: true });
    this.write(join('bin', name), `#!/bin/sh\n${script}\n`, 0o755);
    return `${join(this.dir, 'bin')}:${process.env['PATH']}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** A question about the version is answered by the real one. */
const UNLESS_VERSION = `case "\${1:-}" in -version | --version) exec "$QEMU" "$@" ;; esac`;
