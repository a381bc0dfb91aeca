import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fetchKernel } from '../provider.ts';
import { parseKernelSpec } from '../spec.ts';
import { BANNER, tinyBzImage, tinyElf } from '../testing.ts';

type Fixture = Extract<Parameters<typeof t.testdir>[0], Record<string, unknown>>;

const catalogue = { series: {}, gone: {}, suites: {} };
const MAKEFILE = `olddefconfig:
	@touch asked
bzImage: asked
	@test ! -e broken || { echo "net/core/dev.c:1: error: expected ';'" >&2; exit 2; }
	@mkdir -p arch/x86/boot
	@cp prepared arch/x86/boot/bzImage
`;

const tree = (t: { testdir(fixture: Fixture): string }, more: Fixture = {}) => {
  const dir = t.testdir({ cache: {}, linux: { Makefile: MAKEFILE, Kconfig: '', '.config': '', ...more } });
  const spec = parseKernelSpec(`tree:${join(dir, 'linux')}`, catalogue);
  return { dir, fetch: () => fetchKernel(spec, { cacheDir: join(dir, 'cache'), locked: false }) };
};

t.test('a tree is built, and rebuilt after an edit', async t => {
  const { dir, fetch } = tree(t, { prepared: tinyBzImage(tinyElf(), ['gzip']) });
  const kernel = await fetch();
  t.match(kernel, {
    id: 'tree:linux',
    series: '5.10',
    version: '5.10.262',
    modulesDir: null,
    notes: [/built from/],
  });
  t.ok(readFileSync(kernel.image).equals(tinyElf()));
  const edited = BANNER.replaceAll('5.10', '5.11');
  writeFileSync(join(dir, 'linux/prepared'), tinyBzImage(tinyElf(edited), ['gzip'], edited));
  const again = await fetch();
  t.equal(again.series, '5.11');
  t.not(again.key, kernel.key);
});

t.test('a failed build of a tree is reported with the reason', async t => {
  await t.rejects(tree(t, { broken: '' }).fetch(), {
    code: 'infra',
    message: /make bzImage failed: .*error: expected ';'/,
  });
  await t.rejects(tree(t, { '.config': {}, Kconfig: {}, Makefile: 'x:\n' }).fetch(), {
    code: 'infra',
    message: /make olddefconfig failed/,
  });
  const bare = t.testdir({ Makefile: MAKEFILE, Kconfig: '' });
  const fetch = (dir: string) =>
    fetchKernel(parseKernelSpec(`tree:${dir}`, catalogue), { cacheDir: bare, locked: false });
  await t.rejects(fetch(bare), { code: 'usage', message: /has no \.config; create one/ });
  await t.rejects(fetch(join(bare, 'nowhere')), { code: 'usage', message: /is not a kernel source tree/ });
});
