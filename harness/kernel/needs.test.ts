import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ARCH_NAMES } from '../model/kernel.ts';
import { cacheRoot } from '../util/paths.ts';
import { UNKNOWN_BUILD, type BuildFacts } from './build-facts.ts';
import { isOn, mostCpus } from './config-lines.ts';
import { lacksOf, needsOf, notedLacks, type NeedyKernel } from './needs.ts';

const KERNEL: NeedyKernel = { arch: 'amd64', version: '6.12.1' };

/** A configuration with all that the table names, built in. */
function whole(kernel = KERNEL): string {
  return needsOf(kernel)
    .filter(({ not }) => not === undefined)
    .map(({ option }) => `${option}=y\n`)
    .join('');
}

/** A kernel that has everything built in, by its configuration. */
function built(config: string): BuildFacts {
  return { ...UNKNOWN_BUILD, config };
}

function texts(build: BuildFacts, kernel = KERNEL): string[] {
  return lacksOf(kernel, build).map(({ text }) => text);
}

t.test('what a configuration lacks, option by option', async t => {
  t.strictSame(texts(built(whole())), []);
  t.strictSame(texts(UNKNOWN_BUILD), [], 'nothing is known');
  for (const { option, not } of needsOf(KERNEL)) {
    const config = not === undefined ? whole().replace(`${option}=y\n`, '') : `${whole()}${option}=${not}\n`;
    t.strictSame(texts(built(config)), [`${option}=${not ?? 'n'}`], option);
  }
});

t.test('a module is of use only where modules are', async t => {
  const config = whole().replace('CONFIG_VETH=y', 'CONFIG_VETH=m');
  t.strictSame(texts(built(config)), ['CONFIG_VETH=m'], 'without a folder of modules');
  const builtin = new Set<string>();
  t.strictSame(texts({ config, modules: new Set(['veth']), builtin }), []);
  t.strictSame(texts({ config, modules: new Set(), builtin }), ['module veth (CONFIG_VETH)']);
  const listed = { config: null, modules: new Set(['veth', 'pktgen']), builtin: new Set(['virtio_net']) };
  const lacked = texts(listed);
  for (const name of ['veth', 'pktgen', 'virtio_net']) t.notMatch(lacked.join(), `module ${name} `);
  t.ok(lacked.includes('module virtio_console (CONFIG_VIRTIO_CONSOLE)'));
});

t.test('rows of some versions, and of each machine', async t => {
  const fair = (version: string) =>
    needsOf({ arch: 'amd64', version }).filter(one => /stall/.test(one.purpose));
  t.equal(fair('6.1.1').length, 0);
  t.equal(fair('6.12.1').length, 2);
  t.equal(fair('7.3.4').length, 1);
  for (const arch of ARCH_NAMES) {
    const needs = needsOf({ arch, version: '6.12.1' });
    const consoles = needs.filter(({ purpose }) => purpose === "the guest's console");
    t.match(consoles, [{ option: /^CONFIG_\w+_CONSOLE$/, use: 'guest' }], arch);
    const options = needs.map(({ option }) => option);
    t.equal(new Set(options).size, options.length, `${arch}: each option once`);
  }
});

t.test('a run says how a kernel is counted on', async t => {
  const config = whole().replaceAll(/CONFIG_(?:DEBUG_INFO_BTF|IPV6|MODULES)=y\n/g, '');
  t.match(notedLacks(KERNEL, built(config)), [/^CONFIG_DEBUG_INFO_BTF=n: observers are classic/]);
  t.strictSame(notedLacks(KERNEL, built(whole())), []);
});

t.test('options and numbers of a configuration', async t => {
  const config = '# CONFIG_A is not set\nCONFIG_B=y\nCONFIG_C=m\nCONFIG_SMP=y\nCONFIG_NR_CPUS=8\n';
  t.strictSame(
    ['A', 'B', 'C'].map(name => isOn(config, `CONFIG_${name}`)),
    [false, true, true],
  );
  t.equal(mostCpus(config), 8);
  t.equal(mostCpus('CONFIG_B=y\n'), 1, 'not for several CPUs');
  t.equal(mostCpus('CONFIG_SMP=y\n'), null);
});

t.test("Debian's kernels that are in the cache lack nothing that counts", async t => {
  const root = join(cacheRoot(), 'kernels');
  const keys = existsSync(root) ? readdirSync(root).filter(key => existsSync(join(root, key, 'config'))) : [];
  for (const key of keys) {
    const { version, release } = JSON.parse(readFileSync(join(root, key, 'kernel.json'), 'utf8')) as {
      version: string;
      release: string;
    };
    if (!release.endsWith('-amd64')) continue;
    const config = readFileSync(join(root, key, 'config'), 'utf8');
    // What is a module is there: its own files are not looked at here.
    const modules = new Set(needsOf({ arch: 'amd64', version }).flatMap(({ module }) => module ?? []));
    const facts = { config, modules, builtin: new Set<string>() };
    const lacked = lacksOf({ arch: 'amd64', version }, facts).filter(({ need }) => need.use !== 'instead');
    t.strictSame(lacked, [], release);
  }
});
