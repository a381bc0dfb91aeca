import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { MISTAKES, type Mistake } from './messages.fixture.ts';
import { cacheRoot } from '../util/paths.ts';
import { runProgram } from './run-program.ts';

t.setTimeout(300_000);
const root = realpathSync(mkdtempSync(join(tmpdir(), 'bpfrig-messages-')));
const before = process.cwd();
// What is built is the user's; durations of these cells are nobody's.
const cache = join(root, 'cache', 'bpfrig');
mkdirSync(cache, { recursive: true });
for (const name of ['build', 'libbpf']) {
  mkdirSync(join(cacheRoot(), name), { recursive: true, mode: 0o700 });
  symlinkSync(join(cacheRoot(), name), join(cache, name));
}
process.env['XDG_CACHE_HOME'] = join(root, 'cache');
t.teardown(() => {
  process.chdir(before);
  rmSync(root, { recursive: true });
});

/** Calls the program in this process, in a project of its own, and returns what it prints and its exit code. */
async function call(t: Test, { name, files = {}, args }: Mistake): Promise<{ code: number; text: string }> {
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
  const captured = [process.stdout, process.stderr].map(stream => t.capture(stream, 'write', keep));
  try {
    return { code: await runProgram(args), text };
  } finally {
    for (const one of captured) one.restore();
    process.exitCode = 0;
  }
}

for (const mistake of MISTAKES) {
  t.test(mistake.name, async t => {
    const { code, text } = await call(t, mistake);
    t.equal(code, mistake.code ?? 2, text);
    for (const part of [mistake.place ?? [], mistake.remedy].flat())
      t.ok(text.includes(part), `${part}\n${text}`);
    t.notMatch(text, /^ {4}at /m, 'no stack');
    const lines = text.split('\n').map(line => line.replace(/^bpfrig: /, '').trim());
    const said = lines.filter(line => line.length > 20);
    t.equal(new Set(said).size, said.length, `each line once:\n${text}`);
  });
}

t.test('forty mistakes', async t => {
  t.ok(MISTAKES.length >= 40);
  t.equal(new Set(MISTAKES.map(({ name }) => name)).size, MISTAKES.length);
});
