import t from 'tap';
import { atLeast, inRange, isRange, toSemver } from './ranges.ts';

t.test('upstream versions as semver', async t => {
  const rows: [string, string | null][] = [
    ['5.10.262', '5.10.262'],
    ['7.3', '7.3.0'],
    ['7.3-rc2', '7.3.0-rc.2'],
    ['7.3.0-rc2', '7.3.0-rc.2'],
    ['6.12.74+deb13-amd64', '6.12.74'],
    ['next', null],
  ];
  for (const [version, expected] of rows) t.equal(toSemver(version), expected, version);
});

t.test('ranges: stable backports, series, release candidates', async t => {
  const rows: [string, string, boolean][] = [
    ['5.10.262', '>=5.15', false],
    ['6.1.45', '>=6.1.45 <6.2 || >=6.5', true],
    ['6.4.1', '>=6.1.45 <6.2 || >=6.5', false],
    ['6.10.3', '6.10', true],
    ['6.1.3', '6.10', false],
    ['7.3-rc2', '>=7.3', true],
    ['7.3-rc2', '<7.3', false],
    ['7.3.4', '>=5.15 <7.4', true],
  ];
  for (const [version, range, expected] of rows)
    t.equal(inRange(version, range), expected, `${version} ${range}`);
  t.ok(atLeast('6.10.3', '6.9'));
  t.notOk(atLeast('6.1.192', '6.10'));
});

t.test('what is no range and no version', async t => {
  for (const text of ['', ' ', 'x y', '>=5.15 <']) t.notOk(isRange(text), `"${text}"`);
  t.throws(() => inRange('next', '*'), /not an upstream kernel version/);
  t.throws(() => inRange('6.1', 'next'), /not a range/);
});
