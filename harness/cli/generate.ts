import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { execa } from 'execa';
import { PACKAGE_ROOT } from '../util/paths.ts';
import { GENERATED } from './generated.ts';

// `npm run generate`: writes every checked-in file that the code determines. What changed is for `git diff` to show, and for a
// person to look at before it is committed.
for (const [file, text] of Object.entries(GENERATED)) write(join(PACKAGE_ROOT, file), text());
await updateGoldenFiles();

function write(path: string, text: string): void {
  writeFileSync(path, text);
  console.log(relative(process.cwd(), path));
}

/** Golden files are written by the tests that compare them, since only these know how each is made. */
async function updateGoldenFiles(): Promise<void> {
  const dist = join(PACKAGE_ROOT, 'dist');
  const tests = readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.test.js') && !name.endsWith('.guest.test.js'))
    .map(name => join(dist, name))
    .filter(path => /\bmatchGolden\b|BPFRIG_UPDATE_GOLDEN/.test(readFileSync(path, 'utf8')))
    .sort();
  for (const path of tests) console.log(`golden files of ${relative(process.cwd(), path)}`);
  await execa(process.execPath, ['--enable-source-maps', '--test', '--test-reporter=dot', ...tests], {
    cwd: PACKAGE_ROOT,
    env: { BPFRIG_UPDATE_GOLDEN: '1' },
    stdio: 'inherit',
  });
}
