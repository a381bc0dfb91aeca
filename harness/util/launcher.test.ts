import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { launcher, quote } from './launcher.ts';

t.test('the word that calls bpfrig where somebody is', async t => {
  const dir = t.testdir({ out: { bpfrig: {} }, mine: { a: { b: { c: {} } } } });
  const root = join(dir, 'out', 'bpfrig');
  t.equal(launcher(root, root), './bpfrig');
  t.equal(launcher(join(dir, 'mine'), root), '../out/bpfrig/bpfrig');
  t.equal(launcher(dir, root), 'out/bpfrig/bpfrig');
  t.equal(launcher(join(dir, 'mine', 'a', 'b'), root), join(root, 'bpfrig'), 'a way that climbs far');
});

t.test('an installed package is called through npx, or by its name', async t => {
  const dir = t.testdir({ lib: { node_modules: { bpfrig: {} } }, mine: { tests: {} } });
  const root = join(dir, 'lib', 'node_modules', 'bpfrig');
  t.equal(launcher(join(dir, 'mine'), root), 'bpfrig');
  mkdirSync(join(dir, 'mine', 'node_modules'));
  symlinkSync(root, join(dir, 'mine', 'node_modules', 'bpfrig'));
  t.equal(launcher(join(dir, 'mine', 'tests'), root), 'npx bpfrig');
});

t.test('words of a shell', async t => {
  t.equal(quote('a/b.yaml'), 'a/b.yaml');
  t.equal(quote("it's"), `'it'\\''s'`);
});
