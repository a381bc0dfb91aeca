import t from 'tap';
import type { Flavour } from '../model/kernel.ts';
import { candidatesOf } from './candidates.ts';
import { type IndexedPackage, parsePackages } from './package-index.ts';

const stanza = (name: string, version: string, depends = 'kmod, linux-base (>= 4.3~)'): string =>
  `Package: ${name}\nVersion: ${version}\nDepends: ${depends}\nSize: 10\nSHA256: ${name}@${version}\n\n`;

const split = (abi: string, version: string, without: string[] = []): string =>
  [
    stanza(
      `linux-image-${abi}`,
      version,
      `dracut | initramfs-tools, linux-base-${abi} (= ${version}), linux-binary-${abi} (= ${version}), linux-modules-${abi} (= ${version})`,
    ),
    ...['base', 'binary', 'modules', 'binary-unsigned'].flatMap(part =>
      without.includes(part) ? [] : [stanza(`linux-${part}-${abi}`, version, `kmod, linux-base-${abi}`)],
    ),
  ].join('');

const index = (...stanzas: string[]): IndexedPackage[] => parsePackages(stanzas.join(''));
const names = (packages: readonly IndexedPackage[]) => packages.map(entry => entry.name);

t.test('an index contains kernels of this architecture, without metapackages and debug symbols', async t => {
  const found = index(
    stanza('bash', '5.2'),
    stanza('linux-image-amd64', '6.12.117-1'),
    stanza('linux-image-6.12-amd64', '6.12.117-1'),
    stanza('linux-image-6.12.117+deb13-amd64-dbg', '6.12.117-1'),
    stanza('linux-image-6.12.117+deb13-arm64', '6.12.117-1'),
    stanza('linux-image-6.12.117+deb13-amd64', '6.12.117-1'),
    stanza('linux-image-amd64-signed-template', '6.12.117-1'),
    stanza('zsh', '5.9'),
  );
  t.strictSame(found, [
    {
      name: 'linux-image-6.12.117+deb13-amd64',
      version: '6.12.117-1',
      sha256: 'linux-image-6.12.117+deb13-amd64@6.12.117-1',
      size: 10,
      needs: [],
    },
  ]);
});

const inSuite = (...stanzas: string[]) =>
  ({ suite: 's', arch: 'amd64', packages: index(...stanzas) }) as const;

t.test('candidates: this series and flavour only, newest version first, signed before unsigned', async t => {
  const suite = index(
    stanza('linux-image-5.10.0-9-amd64', '5.10.70-1'),
    stanza('linux-image-5.10.0-46-amd64-unsigned', '5.10.262-1'),
    stanza('linux-image-5.10.0-46-amd64', '5.10.262-1'),
    stanza('linux-image-5.10.0-46-cloud-amd64', '5.10.262-1'),
    stanza('linux-image-5.10.0-46-rt-amd64', '5.10.262-1'),
    stanza('linux-image-6.1.0-0.deb11.52-amd64', '6.1.180-1~deb11u1'),
  );
  const order = (series: string, flavour: 'amd64' | 'cloud' | 'rt') =>
    candidatesOf({ suite: 'bullseye', arch: 'amd64', packages: suite }, { series, flavour }).map(
      ({ packages }) => names(packages).join(),
    );
  t.strictSame(order('5.10', 'amd64'), [
    'linux-image-5.10.0-46-amd64',
    'linux-image-5.10.0-46-amd64-unsigned',
    'linux-image-5.10.0-9-amd64',
  ]);
  t.strictSame(order('5.10', 'cloud'), ['linux-image-5.10.0-46-cloud-amd64']);
  t.strictSame(order('5.10', 'rt'), ['linux-image-5.10.0-46-rt-amd64']);
  t.strictSame(order('6.1', 'amd64'), ['linux-image-6.1.0-0.deb11.52-amd64']);
  t.strictSame(order('5.1', 'amd64'), [], '5.1 is not 5.10');
});

t.test('split packages are found by Depends, with the unsigned binary as second choice', async t => {
  const [signed, unsigned, ...more] = candidatesOf(inSuite(split('7.3.4+deb13-rt-amd64', '7.3.4-1')), {
    series: '7.3',
    flavour: 'rt',
  });
  t.match(signed, { upstream: '7.3.4', version: '7.3.4-1', missing: [] });
  t.strictSame(names(signed?.packages ?? []), [
    'linux-image-7.3.4+deb13-rt-amd64',
    'linux-base-7.3.4+deb13-rt-amd64',
    'linux-binary-7.3.4+deb13-rt-amd64',
    'linux-modules-7.3.4+deb13-rt-amd64',
  ]);
  t.ok(names(unsigned?.packages ?? []).includes('linux-binary-unsigned-7.3.4+deb13-rt-amd64'));
  t.strictSame(more, []);
});

t.test('packages that a kernel lacks are named', async t => {
  const abi = '7.1.13+deb13-amd64';
  const missing = (...without: string[]) =>
    candidatesOf(inSuite(split(abi, '7.1.13-1', without)), { series: '7.1', flavour: 'amd64' }).map(
      candidate => candidate.missing,
    );
  t.strictSame(missing('modules', 'binary-unsigned'), [[`linux-modules-${abi}`]]);
  t.strictSame(missing('base', 'modules', 'binary-unsigned'), [
    [`linux-base-${abi}`, `linux-modules-${abi}`],
  ]);
  t.strictSame(missing('binary'), [[`linux-binary-${abi}`], []], 'the unsigned package is used instead');
});

t.test('an image that contains its own modules does not need linux-base', async t => {
  const abi = '6.18.15+deb13-amd64';
  const image = stanza(`linux-image-${abi}`, '6.18.15-1', `linux-base-${abi} (= 6.18.15-1), kmod`);
  const [without] = candidatesOf(inSuite(image), { series: '6.18', flavour: 'amd64' });
  t.strictSame([without?.missing, names(without?.packages ?? [])], [[], [`linux-image-${abi}`]]);
  const [having] = candidatesOf(inSuite(image, stanza(`linux-base-${abi}`, '6.18.15-1')), {
    series: '6.18',
    flavour: 'amd64',
  });
  t.strictSame(names(having?.packages ?? []), [`linux-image-${abi}`, `linux-base-${abi}`]);
});

t.test('another architecture has kernels of its own, and a flavour for each size of pages', async t => {
  const text = [
    stanza('linux-image-6.12.118+deb13-arm64', '6.12.118-1'),
    stanza('linux-image-6.12.118+deb13-arm64-16k', '6.12.118-1'),
    stanza('linux-image-6.12.118+deb13-arm64-16k-unsigned', '6.12.118-1'),
    stanza('linux-image-6.12.118+deb13-cloud-arm64', '6.12.118-1'),
    stanza('linux-image-6.12.118+deb13-arm64-dbg', '6.12.118-1'),
  ].join('\n');
  const packages = parsePackages(text, 'arm64');
  const of = (flavour: Flavour) =>
    candidatesOf({ suite: 's', arch: 'arm64', packages }, { series: '6.12', flavour }).map(one =>
      names(one.packages).join(),
    );
  t.strictSame(of('arm64'), ['linux-image-6.12.118+deb13-arm64']);
  t.strictSame(of('16k'), [
    'linux-image-6.12.118+deb13-arm64-16k',
    'linux-image-6.12.118+deb13-arm64-16k-unsigned',
  ]);
  t.strictSame(of('cloud'), ['linux-image-6.12.118+deb13-cloud-arm64']);
  t.strictSame(parsePackages(text, 's390x'), []);
});
