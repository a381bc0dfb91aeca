import t from 'tap';
import { BpfrigError } from '../util/errors.ts';
import { GuestFailure } from '../vm/failure.ts';
import { BootOutcomes } from './boot-outcomes.ts';

const HANG = new GuestFailure('hang', 'at boot: silent', ['last line']);
const NO_SPACE = new BpfrigError('infra', 'no space left');

/** Boots that fail one after another, each with its error; `tried` counts them. */
function boots(errors: readonly unknown[], mostTries = 2, signal = new AbortController().signal) {
  const outcomes = new BootOutcomes(mostTries, signal);
  const seen = { tried: 0 };
  const boot = (key = 'a') =>
    outcomes.boot(key, async () => {
      const error = errors[seen.tried++];
      if (error !== undefined) throw error;
      return 'up';
    });
  return { boot, seen };
}

t.test('a kernel that does not boot is booted once, and others are not meant', async t => {
  const { boot, seen } = boots([HANG]);
  await t.rejects(boot(), HANG);
  const again: unknown = await boot().catch((error: unknown) => error);
  t.ok(again instanceof GuestFailure);
  t.match(again, {
    kind: 'hang',
    consoleTail: ['last line'],
    message: /^at boot: silent \(one boot decides for all/,
  });
  t.equal(seen.tried, 1);
  t.equal(await boot('b'), 'up');
});

t.test('what the host spoils is tried again, then it decides', async t => {
  const { boot, seen } = boots([NO_SPACE, new GuestFailure('infra', 'QEMU was killed', []), NO_SPACE]);
  await t.rejects(boot(), NO_SPACE);
  await t.rejects(boot(), { message: 'QEMU was killed' });
  await t.rejects(boot(), { message: /^QEMU was killed \(one boot decides/, kind: 'infra' });
  t.equal(seen.tried, 2);
});

t.test('without retries the first decides; one that works after all is used', async t => {
  const once = boots([NO_SPACE], 1);
  await t.rejects(once.boot(), NO_SPACE);
  await t.rejects(once.boot(), { code: 'infra', message: /one boot decides/ });
  const twice = boots([NO_SPACE, undefined]);
  await t.rejects(twice.boot(), NO_SPACE);
  t.equal(await twice.boot(), 'up');
});

t.test('the end of the run decides nothing', async t => {
  const controller = new AbortController();
  controller.abort();
  const { boot, seen } = boots([HANG, HANG], 2, controller.signal);
  await t.rejects(boot(), HANG);
  await t.rejects(boot(), HANG);
  t.equal(seen.tried, 2);
});
