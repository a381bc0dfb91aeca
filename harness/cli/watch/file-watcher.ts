import { watch, type FSWatcher } from 'chokidar';
import { sep } from 'node:path';

/** Watches files and folders, which need not exist. */
export class FileWatcher implements AsyncDisposable {
  readonly #watcher: FSWatcher;
  readonly #watched = new Set<string>();

  /** `onChange` receives the absolute path of each file that was written, made or removed. */
  constructor(onChange: (file: string) => void) {
    this.#watcher = watch([], { ignoreInitial: true, ignored: isOfNoInterest });
    for (const event of ['add', 'change', 'unlink'] as const) this.#watcher.on(event, onChange);
  }

  /** From now on these are watched too, and what is below a folder. */
  add(paths: Iterable<string>): void {
    const more = [...paths].filter(path => !this.#watched.has(path) && !isOfNoInterest(path));
    for (const path of more) this.#watched.add(path);
    if (more.length > 0) this.#watcher.add(more);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watcher.close();
  }
}

/** Packages, runs, Git's own files, and what comes with the system: nobody edits these while they watch. */
function isOfNoInterest(path: string): boolean {
  const parts = path.split(sep);
  return path.startsWith('/usr/') || parts.some(part => ['node_modules', '.git', 'results'].includes(part));
}
