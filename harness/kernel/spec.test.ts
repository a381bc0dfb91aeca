import t from 'tap';
import { loadCatalogue } from './catalogue.ts';
import { expandKernelSpecs, kernelLabels, parseKernelSpec } from './spec.ts';

const catalogue = loadCatalogue();
const parse = (text: string) => parseKernelSpec(text, catalogue, '/home/me');

t.test('every form of a spec', async t => {
  const debian = { kind: 'debian', suite: null, flavour: 'amd64' };
  t.strictSame(parse('6.12'), { ...debian, text: '6.12', series: '6.12' });
  t.strictSame(parse('7.2-cloud'), { ...debian, text: '7.2-cloud', series: '7.2', flavour: 'cloud' });
  t.match(parse('debian:trixie/6.12'), { suite: 'trixie', series: '6.12', flavour: 'amd64' });
  t.match(parse('debian:trixie-backports/7.1/rt'), {
    suite: 'trixie-backports',
    series: '7.1',
    flavour: 'rt',
  });
  t.strictSame(parse('path:build/bzImage'), {
    kind: 'path',
    text: 'path:build/bzImage',
    path: '/home/me/build/bzImage',
  });
  t.match(parse('path:/boot/a:b'), { path: '/boot/a:b' });
  t.strictSame(parse('tree:../linux'), { kind: 'tree', text: 'tree:../linux', dir: '/home/linux' });
});

t.test('an invalid spec is refused; the message names it and the nearest series', async t => {
  const refused: [string, RegExp][] = [
    ['6.13', /kernel 6\.13: no series "6\.13".*nearest are 6\.12 and 6\.16/],
    ['7.1', /series 7\.1 is unavailable: .*linux-modules.*nearest are 7\.2 and 7\.3/],
    ['latest', /no series "latest".*a kernel is SERIES/],
    ['7.2-tiny', /no flavour "tiny"; the flavours are amd64, cloud, rt/],
    ['debian:woody/2.4', /no suite "woody"/],
    ['debian:constructor/6.12', /no suite "constructor"/],
    ['toString', /no series "toString"/],
    ['__proto__', /no series "__proto__"/],
    ['debian:trixie', /must be debian:SUITE/],
    ['debian:trixie/6.12/rt/x', /must be debian:SUITE/],
    ['debian:trixie/6.12/huge', /no flavour "huge"/],
    ['debian:trixie/six', /no series "six"/],
    ['path:', /nothing after "path:"/],
    ['ftp:x', /"ftp:" is not a kernel source/],
  ];
  for (const [text, message] of refused) t.throws(() => parse(text), { code: 'usage', message }, text);
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
});

t.test('labels are short and unique', async t => {
  const labels = (...texts: string[]) => kernelLabels(texts.map(parse));
  t.strictSame(labels('6.12', '6.12-rt', 'debian:trixie/6.12/rt'), ['6.12', '6.12-rt', '6.12-rt@trixie']);
  t.strictSame(labels('path:/a/vmlinux'), ['path:vmlinux']);
  t.strictSame(labels('path:/x/a/vmlinux', 'path:/x/b/vmlinux'), ['path:a/vmlinux', 'path:b/vmlinux']);
  t.strictSame(labels('tree:/src/linux', 'path:/src/linux'), ['tree:/src/linux', 'path:/src/linux']);
});
