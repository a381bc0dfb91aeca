import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheRoot } from '../util/paths.ts';
import { MISTAKES, type Mistake } from './messages.fixture.ts';
import { runProgram } from './run-program.ts';

// Makes every mistake of messages.fixture.ts in one process, below the folder of the first argument, and writes the outcomes into the
// file outcomes.json there. A process of its own, since tap keeps the output of a test for itself.

/** What the program did with a mistake. */
export interface MistakeOutcome {
  readonly name: string;
  readonly code: number;
  /** Everything that it printed. */
  readonly text: string;
}

const root = process.argv[2] ?? '';
// What is built is the user's; durations of these cells are nobody's.
const cache = join(root, 'cache', 'bpfrig');
mkdirSync(cache, { recursive: true });
for (const name of ['build', 'libbpf']) {
  mkdirSync(join(cacheRoot(), name), { recursive: true, mode: 0o700 });
  symlinkSync(join(cacheRoot(), name), join(cache, name));
}
process.env['XDG_CACHE_HOME'] = join(root, 'cache');

/** Calls the program in a project of its own. */
async function make({ name, files = {}, args }: Mistake): Promise<MistakeOutcome> {
  const dir = join(root, name.replaceAll(/\W+/g, '-'));
  for (const [file, content] of Object.entries({ 'bpfrig.yaml': '', ...files })) {
    mkdirSync(join(dir, dirname(file)), { recursive: true });
    writeFileSync(join(dir, file), content);
  }
  process.chdir(dir);
  // Runs of one process and one second have the same name.
  process.env['BPFRIG_RESULTS'] = join(dir, 'results');
  let text = '';
  const keep = (chunk: string | Uint8Array): boolean => {
    text += String(chunk);
    return true;
  };
  process.stdout.write = keep;
  process.stderr.write = keep;
  return { name, code: await runProgram(args), text };
}

const outcomes: MistakeOutcome[] = [];
for (const mistake of MISTAKES) outcomes.push(await make(mistake));
writeFileSync(join(root, 'outcomes.json'), JSON.stringify(outcomes));
process.exit(0);
