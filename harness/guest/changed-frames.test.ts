import t from 'tap';
import { integerBytes, integersBytes, type ByteOrder } from '../arch/byte-order.ts';
import { changedFrames } from './changed-frames.ts';

/** `struct bpfrig_changed` of bpf/bpfrig.h as a guest has it, in hex: one sample whose payload was moved. */
function changed(order: ByteOrder): string {
  const diff = Buffer.alloc(64);
  diff[20] = 0xff;
  const vary = Buffer.alloc(128);
  vary[53] = 1;
  const sample = Buffer.concat([integersBytes([70, 0x8100_0007, 46, 2], 4, order), Buffer.alloc(128, 9)]);
  return Buffer.concat([
    diff,
    integersBytes([4 | 128, 66], 4, order),
    integerBytes(-4, 4, order),
    integerBytes(1, 4, order),
    vary,
    sample,
    Buffer.alloc(3 * sample.length),
  ]).toString('hex');
}

t.test('in the byte order of the guest', async t => {
  for (const order of ['little', 'big'] as const)
    t.match(
      changedFrames([{ changed: changed(order) }], 'aa'.repeat(16), order),
      {
        bytes: [20],
        why: ['place', 'moved'],
        rest: 65,
        moved: -4,
        vary: [53],
        strangers: ['aa'.repeat(8), 'aa'.repeat(8)],
        samples: [{ length: 70, tag: 0x8100_0007, at: 46, slot: 2, bytes: '09'.repeat(70) }],
      },
      order,
    );
  t.equal(changedFrames([], '', 'little'), null);
  t.throws(() => changedFrames([{ changed: 'ff' }], '', 'big'), { code: 'agent' });
});
