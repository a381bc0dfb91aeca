import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { PACKAGE_ROOT } from '../../util/paths.ts';
import { batchOf } from './batch.ts';
import { faultOf } from './run-input.ts';
import { FUZZ_TARGETS, type FuzzTargetName } from './targets.ts';

/** What `npm run fuzz` found, one file per input, in a folder named after the parser. */
const FOUND = join(PACKAGE_ROOT, 'harness', 'cli', 'fuzz', 'corpus', 'found');

/** Inputs per unit of a parser's weight: together they take a few seconds. */
const INPUTS = 60;

t.setTimeout(120_000);

for (const name of Object.keys(FUZZ_TARGETS) as FuzzTargetName[]) {
  t.test(`${name}: every input is read or refused`, async t => {
    for (const [index, input] of batchOf(name, 1, 0, INPUTS * FUZZ_TARGETS[name].weight).entries()) {
      const fault = await faultOf(name, input);
      if (fault !== null) t.fail(`input ${index}, ${JSON.stringify(input.toString('latin1'))}: ${fault}`);
    }
  });
}

t.test('what was found once stays fixed', async t => {
  for (const name of readdirSync(FOUND) as FuzzTargetName[]) {
    for (const file of readdirSync(join(FOUND, name))) {
      const began = performance.now();
      t.equal(await faultOf(name, readFileSync(join(FOUND, name, file))), null, `${name}/${file}`);
      t.ok(performance.now() - began < 5000, `${name}/${file} at once`);
    }
  }
});
