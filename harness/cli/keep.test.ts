import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import t from 'tap';
import type { RunningGuest } from '../guest/running-guest.ts';
import { Testbed } from '../guest/testbed.ts';
import { BpfrigError } from '../util/errors.ts';
import { keepGuests } from './keep.ts';

const CELL = { id: 'a@6.12', scenario: 'a', title: 'a', file: 'a.yaml', variant: {}, kernel: '6.12' };

function guest(name: string | null, openSsh: RunningGuest['openSsh']): RunningGuest {
  return { name, openSsh } as unknown as RunningGuest;
}

t.test('a guest in which ssh does not start is kept, and ends with the session', async t => {
  let text = '';
  const dut = guest(null, async () => ({
    port: 2222,
    keys: { clientKey: 'private', hostPublicKey: 'public' },
  }));
  const generator = guest('the generator', async () => {
    throw new BpfrigError('infra', 'ssh does not start in the guest: status 1');
  });
  let key = '';
  const modes: number[] = [];
  await keepGuests(CELL, new Testbed(dut, generator), AbortSignal.abort(), more => {
    text += more;
    key = /-i (\S+)/.exec(text)?.[1] ?? '';
    const folders = [dirname(key), dirname(dirname(key))];
    modes.push(...[key, ...folders].map(path => statSync(path).mode & 0o777));
  });
  t.same(modes, [0o600, 0o700, 0o700], 'the private key and its folders are closed to others');
  t.notOk(existsSync(key), 'and gone at the end');
  t.match(text, /-F none .*StrictHostKeyChecking=yes/);
  t.match(text, /^bpfrig: kept a@6\.12\n  ssh -t -p 2222 -i \S+ .* root@127\.0\.0\.1\n/);
  t.match(text, '  the generator: no ssh: ssh does not start in the guest: status 1\n');
});
