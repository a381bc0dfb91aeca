import t from 'tap';
import type { ArchName } from '../model/kernel.ts';
import { loadCatalogue } from './catalogue.ts';
import { expandKernelSpecs, kernelLabels, parseKernelSpec } from './spec.ts';

const catalogue = loadCatalogue();
const parse = (text: string) => parseKernelSpec(text, catalogue, '/home/me');

t.test('every form of a spec', async t => {
  const debian = { kind: 'debian', suite: null, flavour: 'amd64', arch: 'amd64' };
  t.strictSame(parse('6.12'), { ...debian, text: '6.12', series: '6.12' });
  t.strictSame(parse('7.2-cloud'), { ...debian, text: '7.2-cloud', series: '7.2', flavour: 'cloud' });
  t.match(parse('debian:trixie/6.12'), { suite: 'trixie', series: '6.12', flavour: 'amd64' });
  t.match(parse('debian:trixie-backports/7.1/rt'), {
    suite: 'trixie-backports',
    series: '7.1',
    flavour: 'rt',
  });
  t.strictSame(parse('6.12/arm64'), {
    ...debian,
    text: '6.12/arm64',
    series: '6.12',
    flavour: 'arm64',
    arch: 'arm64',
  });
  t.match(parse('6.12-16k/arm64'), { series: '6.12', flavour: '16k', arch: 'arm64' });
  t.match(parse('debian:trixie/6.12/arm64'), { suite: 'trixie', flavour: 'arm64', arch: 'arm64' });
  t.match(parse('debian:trixie/6.12/rt/arm64'), { suite: 'trixie', flavour: 'rt', arch: 'arm64' });
  t.match(parse('debian:trixie/6.12/amd64'), { flavour: 'amd64', arch: 'amd64' });
  t.strictSame(parse('path:build/bzImage'), {
    kind: 'path',
    text: 'path:build/bzImage',
    path: '/home/me/build/bzImage',
  });
  t.match(parse('path:/boot/a:b'), { path: '/boot/a:b' });
  t.strictSame(parse('deb:image.deb,/k/modules.deb'), {
    kind: 'deb',
    text: 'deb:image.deb,/k/modules.deb',
    files: ['/home/me/image.deb', '/k/modules.deb'],
    release: null,
  });
  t.match(parse('rpm:kernels/*.rpm'), { kind: 'rpm', files: ['/home/me/kernels/*.rpm'] });
  t.strictSame(parse('tree:../linux'), {
    kind: 'tree',
    text: 'tree:../linux',
    dir: '/home/linux',
    variant: null,
  });
});

t.test('an invalid spec is refused; the message names it and the nearest series', async t => {
  const refused: [string, RegExp][] = [
    ['6.13', /kernel 6\.13: no series "6\.13".*nearest are 6\.12 and 6\.16/],
    ['7.1', /series 7\.1 is unavailable: .*linux-modules.*nearest are 7\.2 and 7\.3/],
    ['latest', /no series "latest".*a kernel is SERIES/],
    ['7.2-tiny', /no flavour "tiny"; the flavours are amd64, .*cloud, rt, 16k/],
    ['debian:woody/2.4', /no suite "woody"/],
    ['debian:constructor/6.12', /no suite "constructor"/],
    ['toString', /no series "toString"/],
    ['__proto__', /no series "__proto__"/],
    ['debian:trixie', /must be debian:SUITE/],
    ['debian:trixie/6.12/rt/x', /no architecture "x"/],
    ['debian:trixie/6.12/rt/rt/arm64', /must be debian:SUITE/],
    ['6.12/arm', /no architecture "arm".*the architectures are amd64, arm64/],
    ['6.12/aarch64', /no architecture "aarch64": did you mean arm64\?/],
    ['6.12/arm64/rt', /more than one "\/"/],
    ['5.10/arm64', /series 5\.10 has no kernel for arm64, only for amd64/],
    ['6.1-16k/arm64', /has only the flavours arm64, cloud, rt for arm64/],
    ['all/sparc', /no architecture "sparc"/],
    ['debian:trixie/6.12/huge', /no flavour "huge"/],
    ['debian:trixie/six', /no series "six"/],
    ['path:', /nothing after "path:"/],
    ['deb:', /nothing after "deb:"/],
    ['rpm:,', /nothing after "rpm:"/],
    ['dep:x', /"dep:" is not a kernel source, did you mean `deb:`\?/],
    ['ftp:x', /"ftp:" is not a kernel source/],
  ];
  for (const [text, message] of refused)
    t.throws(() => expandKernelSpecs([text], catalogue), { code: 'usage', message }, text);
});

t.test('no spec, all, and repeated specs are expanded', async t => {
  const series = (texts: string[]) => expandKernelSpecs(texts, catalogue).map(spec => spec.text);
  t.strictSame(series([]), ['5.10', '6.1', '6.12', '6.18', '7.3']);
  t.strictSame(series(['6.12', 'all', '6.12']), [
    '6.12',
    '5.10',
    '6.1',
    '6.16',
    '6.17',
    '6.18',
    '7.2',
    '7.3',
  ]);
  t.strictSame(series(['all/s390x', '7.3/arm64']), ['6.1/s390x', '6.12/s390x', '7.3/arm64']);
});

t.test('what names no architecture is taken for each that is asked for', async t => {
  const named = (texts: string[], archs: ArchName[]) =>
    expandKernelSpecs(texts, catalogue, { archs }).map(spec => spec.text);
  t.strictSame(
    named([], ['arm64']),
    ['6.1/arm64', '6.12/arm64', '6.18/arm64', '7.3/arm64'],
    'those that it has',
  );
  t.strictSame(named(['6.12', '7.3/amd64', 'path:x'], ['amd64', 'arm64']), [
    '6.12',
    '7.3/amd64',
    'path:x',
    '6.12/arm64',
  ]);
  t.strictSame(named(['all'], ['riscv64']), ['6.12/riscv64']);
  t.throws(() => named(['5.10'], ['arm64']), {
    message: /5\.10\/arm64: series 5\.10 has no kernel for arm64/,
  });
});

t.test('labels are short and unique', async t => {
  const labels = (...texts: string[]) => kernelLabels(texts.map(parse));
  t.strictSame(labels('6.12', '6.12-rt', 'debian:trixie/6.12/rt'), ['6.12', '6.12-rt', '6.12-rt@trixie']);
  t.strictSame(labels('6.12/arm64', '6.12-16k/arm64', 'debian:trixie/6.12/arm64'), [
    '6.12/arm64',
    '6.12-16k/arm64',
    '6.12/arm64@trixie',
  ]);
  t.strictSame(labels('path:/a/vmlinux'), ['path:vmlinux']);
  t.strictSame(labels('tree:/a/linux', 'tree:/a/linux+kasan,gcov=kernel/bpf/cpumap.c'), [
    'tree:linux',
    'tree:linux+kasan,gcov=cpumap.c',
  ]);
  const alike = ['tree:/a/linux+gcov=net/a.c', 'tree:/a/linux+gcov=fs/a.c'];
  t.strictSame(labels(...alike), alike, 'names of files are not enough');
  t.strictSame(labels('path:/x/a/vmlinux', 'path:/x/b/vmlinux'), ['path:a/vmlinux', 'path:b/vmlinux']);
  const packages = (release: string, ...files: string[]) =>
    ({ kind: 'deb', text: `deb:${files.join(',')}`, files, release }) as const;
  const [one, same, other] = [
    packages('6.1-a', '/x/a.deb'),
    packages('6.1-a', '/y/a.deb', '/y/b.deb'),
    packages('6.2', '/z/a.deb'),
  ];
  t.strictSame(kernelLabels([one, other]), ['deb:6.1-a', 'deb:6.2'], 'packages by their release');
  t.strictSame(kernelLabels([one, same, other]), ['deb:x/a.deb', 'deb:y/a.deb', 'deb:6.2']);
  t.strictSame(labels('deb:/x/a.deb'), ['deb:a.deb'], 'as long as nobody has looked into it');
  t.strictSame(labels('tree:/src/linux', 'path:/src/linux'), ['tree:/src/linux', 'path:/src/linux']);
});
