import { join } from 'node:path';
import t from 'tap';
import { lostOptions, parseFragment, readFragment, withFragments } from './fragments.ts';
import { fragmentNames } from './words.ts';

const fragment = (name: string, text: string) => ({ name, text, options: parseFragment(text, name) });

t.test('the options of a fragment', async t => {
  const text =
    '# about\nCONFIG_A=y\n# CONFIG_B is not set\n\n# optional: not in 5.10\nCONFIG_C="x"\n\nCONFIG_D=7\n';
  t.strictSame(parseFragment(text, 'f'), [
    { name: 'CONFIG_A', value: 'y', optional: false },
    { name: 'CONFIG_B', value: 'n', optional: false },
    { name: 'CONFIG_C', value: '"x"', optional: true },
    { name: 'CONFIG_D', value: '7', optional: false },
  ]);
  t.throws(() => parseFragment('CONFIG_A=y\nKASAN=y\n', '/my.config'), {
    code: 'usage',
    message: /^\/my\.config:2: not a line of a \.config: "KASAN=y"; write CONFIG_X=y/,
  });
});

t.test('a later fragment is on top of an earlier one, and of the configuration', async t => {
  const config = '# Linux/x86 6.12 Kernel Configuration\nCONFIG_A=y\n# CONFIG_B is not set\nCONFIG_AB=y\n';
  const merged = withFragments(config, [
    fragment('one', '# CONFIG_A is not set\nCONFIG_B=y\n'),
    fragment('two', 'CONFIG_B=m\n'),
  ]);
  t.equal(
    merged,
    '# Linux/x86 6.12 Kernel Configuration\nCONFIG_AB=y\n\n# CONFIG_A is not set\nCONFIG_B=m\n',
  );
});

t.test('options that Kconfig did not accept', async t => {
  const one = fragment('one', 'CONFIG_A=y\nCONFIG_B=y\n# CONFIG_E is not set\n');
  const two = fragment('two', '# CONFIG_B is not set\n# optional\nCONFIG_C=y\n\nCONFIG_D=7\n');
  t.strictSame(lostOptions('CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_D=7\n', [one, two]), []);
  t.strictSame(lostOptions('CONFIG_A=m\nCONFIG_B=y\nCONFIG_D=8\nCONFIG_E=y\n', [one, two]), [
    'CONFIG_A=y of one became m',
    'CONFIG_B=n of two became y',
    'CONFIG_E=n of one became y',
    'CONFIG_D=7 of two became 8',
  ]);
});

t.test('the fragments of images/kconfig', async t => {
  for (const name of [...fragmentNames(), 'gcov']) {
    const { options } = await readFragment(name);
    t.ok(options.length > 1, name);
    t.equal(new Set(options.map(one => one.name)).size, options.length, `${name}: each option once`);
  }
  const dir = t.testdir({ 'my.config': 'CONFIG_X=y\n' });
  t.match(await readFragment(join(dir, 'my.config')), { name: 'my.config', options: [{ name: 'CONFIG_X' }] });
});
