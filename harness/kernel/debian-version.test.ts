import { spawnSync } from 'node:child_process';
import t from 'tap';
import { compareDebianVersions, seriesOfVersion, upstreamVersion } from './debian-version.ts';

const PAIRS = [
  ['5.10.262-1', '5.10.99-1'],
  ['6.1.192-1', '6.1.192-2'],
  ['6.12.117-1~deb12u1', '6.12.117-1'],
  ['7.3.4-1~bpo13+1', '7.3.4-1'],
  ['6.10~rc1-1', '6.10-1'],
  ['1:1.0', '9.9'],
  ['1.0a', '1.0+'],
  ['1.0', '1.0-0'],
  ['1.01', '1.1'],
  ['2-1-1', '2-1'],
  ['1.0~~', '1.0~'],
] as const;

t.test('versions are ordered as in dpkg', async t => {
  for (const [a, b] of PAIRS) {
    const ours = Math.sign(compareDebianVersions(a, b));
    const dpkg = ['lt', 'eq', 'gt'].findIndex(
      relation => spawnSync('dpkg', ['--compare-versions', a, relation, b]).status === 0,
    );
    t.equal(ours, dpkg - 1, `${a} compared with ${b}`);
    t.equal(Math.sign(compareDebianVersions(b, a)), 1 - dpkg, `${b} compared with ${a}`);
  }
});

t.test('the upstream version is the part before the revision', async t => {
  t.equal(upstreamVersion('5.10.262-1'), '5.10.262');
  t.equal(upstreamVersion('7.3.4-1~bpo13+1'), '7.3.4');
  t.equal(upstreamVersion('7.3-1'), '7.3.0');
  t.equal(upstreamVersion('4.12.1'), '4.12.1');
  t.equal(upstreamVersion('20260101'), null);
  t.equal(seriesOfVersion('6.12.117'), '6.12');
});
