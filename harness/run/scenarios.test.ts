import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { PACKAGE_ROOT } from '../util/paths.ts';
import { openProject } from './project.ts';
import { readScenarios } from './scenarios.ts';

const REFUSED = join(PACKAGE_ROOT, 'harness', 'cli', 'testdata', 'rules', 'refused');

/** What is said about each scenario in folder `refused`. */
const TEXTS: Readonly<Record<string, RegExp>> = {
  'claimed.yaml': /claimed\.yaml:13:5: `xdp\.drop >= 0`: this expectation can never fail$/,
  'with-as.yaml':
    /with-as\.yaml:8:5: `as: at`: no expectation reads the result, so a refusal would go unseen/,
};

t.test('a scenario in which something cannot fail is refused when it is read, with the place', async t => {
  t.strictSame(readdirSync(REFUSED), Object.keys(TEXTS));
  for (const [file, text] of Object.entries(TEXTS))
    await t.rejects(
      readScenarios([join(REFUSED, file)], openProject([REFUSED])),
      { code: 'scenario', message: text },
      file,
    );
});
