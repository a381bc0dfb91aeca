import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { PassThrough } from 'node:stream';
import t from 'tap';
import type { RunningGuest } from '../guest/running-guest.ts';
import { Testbed } from '../guest/testbed.ts';
import { BpfrigError } from '../util/errors.ts';
import { KeptGuests } from './keep.ts';

const CELL = { id: 'a@6.12', scenario: 'a', title: 'a', file: 'a.yaml', variant: {}, kernel: '6.12' };

function guest(name: string | null, openSsh: RunningGuest['openSsh']): RunningGuest {
  return { name, openSsh } as unknown as RunningGuest;
}

const OUTCOME = { verdict: 'fail', reason: 'sent == 1   (0 == 1)' } as const;

function openGuest(): RunningGuest {
  return guest(null, async () => ({ port: 2222, keys: { clientKey: 'private', hostPublicKey: 'public' } }));
}

t.test('a guest in which ssh does not start is kept, and ends with the session', async t => {
  let text = '';
  const generator = guest('the generator', async () => {
    throw new BpfrigError('infra', 'ssh does not start in the guest: status 1');
  });
  let key = '';
  const modes: number[] = [];
  const write = (more: string): void => {
    text += more;
    key = /-i (\S+)/.exec(text)?.[1] ?? '';
    const folders = [dirname(key), dirname(dirname(key))];
    if (modes.length === 0) modes.push(...[key, ...folders].map(path => statSync(path).mode & 0o777));
  };
  using kept = new KeptGuests('red', AbortSignal.abort(), { input: new PassThrough(), write });
  await kept.keep(CELL, new Testbed(openGuest(), generator), OUTCOME);
  t.same(modes, [0o600, 0o700, 0o700], 'the private key and its folders are closed to others');
  t.notOk(existsSync(key), 'and gone at the end');
  t.match(text, /-F none .*StrictHostKeyChecking=yes/);
  t.match(
    text,
    /^bpfrig: kept a@6\.12, fail: sent == 1 {3}\(0 == 1\)\n  ssh -t -p 2222 -i \S+ .* root@127\.0\.0\.1\n/,
  );
  t.match(text, '  the generator: no ssh: ssh does not start in the guest: status 1\n');
});

t.test(
  'several guests at once: Enter lets the oldest go; green ones are kept where that is asked for',
  async t => {
    const input = new PassThrough();
    let text = '';
    using kept = new KeptGuests('red', new AbortController().signal, {
      input,
      write: more => (text += more),
    });
    await kept.keep(CELL, new Testbed(openGuest()), { verdict: 'pass', reason: '' });
    t.equal(text, '', 'not kept');
    const gone: string[] = [];
    const one = kept.keep(CELL, new Testbed(openGuest()), OUTCOME).then(() => gone.push('a'));
    const two = kept
      .keep({ ...CELL, id: 'b@6.12' }, new Testbed(openGuest()), { verdict: 'error', reason: '' })
      .then(() => gone.push('b'));
    while (!text.includes('oldest of 2')) await new Promise(resolve => setTimeout(resolve, 5));
    input.write('\n');
    await Promise.race([one, two]);
    t.equal(gone.length, 1);
    t.match(text, /Enter lets it go\.\n$/);
    input.end();
    await Promise.all([one, two]);
    using always = new KeptGuests('always', AbortSignal.abort(), {
      input: new PassThrough(),
      write: more => (text += more),
    });
    await always.keep({ ...CELL, id: 'c@6.12' }, new Testbed(openGuest()), { verdict: 'pass', reason: '' });
    t.match(text, /kept c@6\.12, pass\n/);
  },
);
