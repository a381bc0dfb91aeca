import t from 'tap';
import { frameHash } from '../../guest/frame-hash.ts';
import { ProgramIndex } from '../programs.ts';
import { announce } from './announce.ts';
import { announceInTurn, announceUnknown } from './announce-frames.ts';
import { StepContext, type StepGuest } from './context.ts';

const [A, B, C] = ['aa', 'bb', 'cc'].map(byte => Buffer.from(byte.repeat(60), 'hex')) as [
  Buffer,
  Buffer,
  Buffer,
];

/** The context of a cell, and what its classifier receives. */
function cell() {
  const requests: Readonly<Record<string, unknown>>[] = [];
  const guest = {
    hello: { cpus_possible: [0] },
    call: async (op: string, args: object) => {
      requests.push({ op, ...args });
      return {};
    },
  } as unknown as StepGuest;
  return { ctx: new StepContext(guest, new ProgramIndex([]), 'veth'), requests };
}

t.test('frames are described once, and counted as often as they are sent', async t => {
  const { ctx, requests } = cell();
  await announce(ctx, { source: 'packets', on: 'tx', frames: [A, B, A], times: 5 });
  await announce(ctx, { source: 'packets', on: 'tx', frames: [B, C], times: 2 });
  await announceInTurn(ctx, { source: 'packets', on: 'tx', frames: [A, C], count: 3 });
  t.same(
    [A, B, C].map(frame => ctx.announced.described.get(frameHash(frame, 'little'))?.times),
    [5 + 5 + 2, 5 + 2, 2 + 1],
  );
  const hashes = [A, B].map(one => frameHash(one, 'little')).join('');
  t.match(requests, [
    { op: 'stack_describe', dev: 'rx', hashes, kinds: 0 },
    { op: 'stack_describe', hashes: frameHash(C, 'little') },
  ]);
  t.equal(requests.length, 2);
  t.match(ctx.announced, { obstacle: null, opaque: null });
});

t.test('a source of ARP makes ARP its own', async t => {
  const { ctx, requests } = cell();
  const arp = Buffer.alloc(60);
  arp.writeUInt16BE(0x0806, 12);
  await announce(ctx, { source: 'packets', on: 'tx', frames: [arp], times: 1 });
  t.match(requests, [{ kinds: 1 }]);
});

t.test('frames too short for a number are described, by their flows', async t => {
  const { ctx } = cell();
  await announce(ctx, { source: 'packet', on: 'tx', count: 7, size: 45, flows: 3 });
  t.same(
    [...ctx.announced.described.values()].map(({ times, bytes }) => [times, bytes.length]),
    [
      [3, 45],
      [2, 45],
      [2, 45],
    ],
  );
});

t.test('what cannot be compared says why', async t => {
  const tcp = cell();
  await announceUnknown(tcp.ctx, { source: 'tcp', on: 'tx' }, 'the kernel makes the frames of `tcp`');
  t.match(tcp.ctx.announced, { obstacle: /makes the frames/, opaque: /makes the frames/ });
  const away = cell();
  await announce(away.ctx, { source: 'packets', on: 'rx', frames: [A], times: 1 });
  t.match(away.ctx.announced, { obstacle: /does not send to `rx`/, opaque: null });
  const many = cell();
  const frames = Array.from({ length: 16_385 }, (_, n) => {
    const frame = Buffer.alloc(14);
    frame.writeUInt32BE(n);
    return frame;
  });
  await announce(many.ctx, { source: 'packets', on: 'tx', frames, times: 1 });
  t.match(many.ctx.announced, { obstacle: /more than 16384 different frames/, opaque: /more than 16384/ });
  t.equal(many.requests.length, 0);
});
