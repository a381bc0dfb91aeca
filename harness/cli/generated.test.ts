import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { PACKAGE_ROOT } from '../util/paths.ts';
import { GENERATED } from './generated.ts';

t.test('files that the code determines are as it determines them', async t => {
  for (const [file, text] of Object.entries(GENERATED)) {
    const found = readFileSync(join(PACKAGE_ROOT, file), 'utf8');
    t.ok(found === text(), `${file} is up to date; otherwise run \`npm run generate\` and look at the diff`);
  }
});
