import assert from 'node:assert/strict';
import { startGuest } from 'bpfrig';

await using older = await startGuest('5.10');
await using newer = await startGuest('7.3');
const releases = await Promise.all(
  [older, newer].map(async guest => (await guest.exec({ argv: ['uname', '-r'] })).stdout.trim()),
);
assert.deepEqual(releases, [older.kernel.release, newer.kernel.release]);
