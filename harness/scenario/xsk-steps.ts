import { z } from 'zod';
import { words } from './step-words.ts';
import type { Wrap } from './step-words.ts';

/** Largest ring, and most chunks, of a socket: XSK_RING_MAX and XSK_CHUNKS_MAX of images/agent/net/xsk_socket.h. */
const MOST = 16_384;

/** Steps for AF_XDP sockets. */
export function xskKinds(wrap: Wrap) {
  const { int, milliseconds, count, flag, port, device, map, key, frameSize, cpu } = words(wrap);
  const socket = z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,62}$/)
    .describe('the `name` that its step `xsk` has');
  const ring = (what: string) => int(0, MOST).optional().describe(what);

  return {
    xsk: z
      .strictObject({
        name: socket.describe('for later steps, and for `xsk.sockets.NAME`'),
        device,
        queue: int(0, 0xffff).default(0).describe('of the device'),
        mode: wrap(z.enum(['copy', 'zerocopy', 'auto']))
          .optional()
          .describe(
            'XDP_COPY, XDP_ZEROCOPY, or neither: zero-copy where the driver can, else copy. Default: copy; with `shared`, auto',
          ),
        need_wakeup: flag.default(false).describe('XDP_USE_NEED_WAKEUP'),
        sg: flag.default(false).describe('XDP_USE_SG: frames of more than one chunk (6.6)'),
        flags: int(0, 0xffff).default(0).describe('further bits of `sxdp_flags`'),
        shared: socket.optional().describe('XDP_SHARED_UMEM with this socket: no memory of its own'),
        chunks: int(0, MOST).default(4096).describe('of its memory; 0: none is registered'),
        chunk_size: int(1, 65_536).default(2048).describe('bytes'),
        headroom: int(0, 65_536).default(0).describe('bytes of each chunk, besides the 256 for XDP'),
        unaligned: flag.default(false).describe('XDP_UMEM_UNALIGNED_CHUNK_FLAG'),
        fill: ring('entries of the fill ring; 0: no such ring. Default: 2048; with `shared`, 0'),
        completion: ring('entries of the completion ring. Default: 2048; with `shared`, 0'),
        rx: int(0, MOST).default(2048).describe('entries of the rx ring; 0: no such ring'),
        tx: int(0, MOST).default(0).describe('entries of the tx ring; 0: no such ring'),
        filled: ring(
          'chunks that are put into the fill ring at first, or as many as find room. Default: 2048; with `shared` and without a fill ring, 0',
        ),
        bind: flag.default(true).describe('bind(2) it'),
        within: milliseconds(0)
          .default(0)
          .describe(
            'milliseconds to try bind(2) again while it returns EBUSY: the kernel frees the queue of a closed socket in its own time',
          ),
        map: map.optional().describe('an xskmap that it becomes an entry of'),
        key: key.default(0),
      })
      .describe(
        'open an AF_XDP socket: memory, rings, bind(2), an entry of an xskmap. `zerocopy`: whether the kernel chose that',
      ),
    xsk_fill: z
      .strictObject({ socket, count: int(1, MOST).describe('chunks') })
      .describe('put chunks that are in no ring into the fill ring: `filled`, as many as found room'),
    xsk_receive: z
      .strictObject({
        socket,
        count: count.describe('frames'),
        within: milliseconds(0).default(5000).describe('milliseconds to wait for them by poll(2)'),
        recycle: flag.default(false).describe('their chunks go back into the fill ring at once'),
      })
      .describe(
        'take frames out of the rx ring: `received`. What is left there is received when the traffic is over',
      ),
    xsk_send: z
      .strictObject({
        socket,
        on: port.default('tx').describe('the device that it is bound to'),
        count,
        size: frameSize,
        cpu,
        flows: int(1, 50_000).default(1).describe('UDP source ports, in turn'),
        first_flow: int(0, 1000).default(0).describe('the first of them is 9000 and this'),
        batch: int(1, MOST).default(1).describe('frames for each sendto(2)'),
        bad: int(0, MOST)
          .default(0)
          .describe(
            'descriptors before them that lie beyond the memory: the kernel counts them in `tx_invalid_descs`',
          ),
      })
      .describe(
        'send exactly `count` frames through the tx ring, as step `send` has them: `sent`, `errors`, and `completed`, chunks that came back in the completion ring within 5 s',
      ),
    xsk_close: z
      .strictObject({ socket })
      .describe('close an AF_XDP socket: it leaves its maps. What it counted stays'),
  };
}
