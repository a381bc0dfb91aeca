import t from 'tap';
import { isSince, type QemuRelease } from './qemu-version.ts';

const rows: readonly [string, QemuRelease, boolean][] = [
  ['7.2.22', [7, 2], true],
  ['7.1.0', [7, 2], false],
  ['2.5.0', [7, 2], false],
  ['10.0.2', [7, 2], true],
  ['8.0.5', [8, 1], false],
  ['8.10', [8, 2], true],
  ['9', [8, 2], true],
  ['nonsense', [7, 2], false],
];
for (const [version, release, expected] of rows)
  t.equal(isSince(version, release), expected, `${version} since ${release.join('.')}`);
