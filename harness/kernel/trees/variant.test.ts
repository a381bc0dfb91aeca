import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import t from 'tap';
import { fetchKernel } from '../provider.ts';
import { parseKernelSpec } from '../spec.ts';
import { tinyBzImage, tinyElf } from '../testing.ts';

type Fixture = Extract<Parameters<typeof t.testdir>[0], Record<string, unknown>>;

const catalogue = { series: {}, gone: {}, suites: {} };

/** Stands for a kernel's: its Kconfig does not know CONFIG_STRANGE, and each build is written down. */
const MAKEFILE = `
here := $(dir $(lastword $(MAKEFILE_LIST)))
tinyconfig:
	@printf '# Linux/x86 6.12.1 Kernel Configuration\\nCONFIG_TINY=y\\n' > $(O)/.config
olddefconfig:
	@grep -v CONFIG_STRANGE $(O)/.config > $(O)/new; mv $(O)/new $(O)/.config
bzImage:
	@echo built >> $(O)/builds
	@mkdir -p $(O)/arch/x86/boot $(O)/kernel/bpf
	@grep -q GCOV_PROFILE_cpumap.o kernel/bpf/Makefile && touch $(O)/kernel/bpf/cpumap.gcno; true
	@cp prepared $(O)/arch/x86/boot/bzImage
`;

const TREE = {
  Makefile: MAKEFILE,
  Kconfig: '',
  '.config': '# Linux/x86 6.12.1 Kernel Configuration\nCONFIG_OWN=y\n# CONFIG_KASAN is not set\n',
  prepared: tinyBzImage(tinyElf(), ['gzip']),
  kernel: { bpf: { Makefile: 'obj-y := cpumap.o\n', 'cpumap.c': '', 'other.c': '' } },
};

function variant(t: { testdir(fixture: Fixture): string }, words: string) {
  const dir = t.testdir({ cache: {}, linux: TREE, 'my.config': 'CONFIG_STRANGE=y\n' });
  const cacheDir = join(dir, 'cache');
  const fetch = () =>
    fetchKernel(parseKernelSpec(`tree:linux+${words}`, catalogue, dir), { cacheDir, locked: false });
  const read = (file: string) => {
    const [key = ''] = readdirSync(join(cacheDir, 'trees')).filter(name => !name.startsWith('.'));
    return readFileSync(join(cacheDir, 'trees', key, 'build', file), 'utf8');
  };
  return { dir, fetch, read };
}

t.test('a variant is built outside of its tree, and again only when something changed', async t => {
  const { dir, fetch, read } = variant(t, 'kasan,gcov=kernel/bpf/cpumap.c');
  const kernel = await fetch();
  t.match(kernel, {
    id: 'tree:linux+kasan,gcov=cpumap.c',
    modulesDir: null,
    notes: [/built from .*linux with kasan,gcov=cpumap\.c/],
    cost: { time: 3, memory: 2 },
    measured: [{ source: 'kernel/bpf/cpumap.c', path: join(dir, 'linux/kernel/bpf/cpumap.c') }],
  });
  t.match(
    kernel.measured?.[0]?.counters,
    /^\/sys\/kernel\/debug\/gcov\/.*\/build\/kernel\/bpf\/cpumap\.gcda$/,
  );
  t.match(read('.config'), /CONFIG_OWN=y[\s\S]*CONFIG_KASAN=y[\s\S]*CONFIG_GCOV_KERNEL=y/);
  t.notMatch(read('.config'), '# CONFIG_KASAN');
  t.strictSame(readdirSync(join(dir, 'linux')).sort(), Object.keys(TREE).sort(), 'the tree is only read');

  await fetch();
  t.equal(read('builds'), 'built\n');
  writeFileSync(join(dir, 'linux/kernel/bpf/cpumap.c'), 'int x;');
  await fetch();
  t.equal(read('builds'), 'built\nbuilt\n');
});

t.test('another release of the compiler builds a variant again', async t => {
  const { dir, fetch, read } = variant(t, 'kasan');
  const path = process.env['PATH'] ?? '';
  t.teardown(() => (process.env['PATH'] = path));
  process.env['PATH'] = [join(dir, 'bin'), path].join(delimiter);
  mkdirSync(join(dir, 'bin'));
  for (const release of ['12.2.0', '12.2.0', '14.1.0']) {
    writeFileSync(join(dir, 'bin/gcc'), `#!/bin/sh\necho 'gcc (Debian) ${release}'\n`, { mode: 0o755 });
    await fetch();
  }
  t.equal(read('builds'), 'built\nbuilt\n');
});

t.test('without a configuration, and as guest, a variant begins with tinyconfig', async t => {
  const { dir, fetch, read } = variant(t, 'lockdep');
  rmSync(join(dir, 'linux/.config'));
  await fetch();
  t.match(read('.config'), /CONFIG_TINY=y[\s\S]*CONFIG_VIRTIO_NET=y[\s\S]*CONFIG_PROVE_LOCKING=y/);
  const own = variant(t, 'guest');
  await own.fetch();
  t.notMatch(own.read('.config'), 'CONFIG_OWN');
  t.match(own.read('.config'), 'CONFIG_VIRTIO_NET=y');
});

t.test('what cannot be built is a usage error with its name', async t => {
  const refused = async (words: string, message: RegExp) =>
    t.rejects(variant(t, words).fetch(), { code: 'usage', message }, words);
  await refused('./my.config', /CONFIG_STRANGE=y of my\.config became n: this release does not have it/);
  await refused('gcov=kernel/bpf/gone.c', /linux has no kernel\/bpf\/gone\.c/);
  await refused('gcov=kernel/bpf/other.c', /the build measures no kernel\/bpf\/other\.c: is it part of/);
});
