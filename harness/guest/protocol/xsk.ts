import { z } from 'zod';
import { traffic } from './net.ts';
import { op } from './op.ts';
import { device, hex, int, nothing } from './words.ts';

/** Bounds of images/agent/net/xsk_socket.h and xsk_table.h. */
const MOST = { ring: 16_384, chunks: 16_384, chunk: 65_536, kept: 8 * 1024 * 1024 } as const;

const name = z.string().describe('of the socket');
const ring = int(0, MOST.ring).optional();

const counts = {
  received: z.int().describe('frames that were taken out of the rx ring'),
  bytes: z.int(),
  descs: z.int().describe('descriptors; a frame has several with XDP_USE_SG'),
  outside: z.int().describe('descriptors of bytes that are not in the memory'),
  kept: z.int().describe('frames whose bytes `xsk_frames` returns'),
  completed: z.int().describe('chunks that came back in the completion ring'),
  rx_dropped: z.int(),
  rx_invalid_descs: z.int(),
  rx_ring_full: z.int(),
  rx_fill_ring_empty_descs: z.int(),
  tx_invalid_descs: z.int(),
  tx_ring_empty_descs: z.int(),
};

/** AF_XDP sockets, which have a name until the session ends. */
export const XSK_OPS = {
  xsk_open: op(
    'Opens an AF_XDP socket: XDP_UMEM_REG, the rings and their mappings, chunks into the fill ring, bind(2).',
    {
      name: z.string().describe('at most 63 bytes'),
      dev: device,
      queue: int(0, 0xffff).optional(),
      flags: int(0, 0xffff).optional().describe('`sxdp_flags`; 0 without it'),
      shared: z
        .string()
        .optional()
        .describe('a socket whose memory it has, XDP_SHARED_UMEM; without fill ring, its rings too'),
      chunks: int(0, MOST.chunks).optional().describe('of the memory, 4096 without it; 0: no memory'),
      chunk_size: int(1, MOST.chunk).optional().describe('bytes; 2048 without it'),
      headroom: int(0, MOST.chunk).optional(),
      unaligned: z.boolean().optional().describe('XDP_UMEM_UNALIGNED_CHUNK_FLAG'),
      fill: ring.describe('entries of the fill ring, 2048 without it; 0: no such ring'),
      completion: ring.describe('2048 without it'),
      rx: ring.describe('2048 without it'),
      tx: ring.describe('0 without it'),
      filled: ring.describe('chunks that the fill ring has at first; 2048 without it'),
      unbound: z.boolean().optional().describe('without bind(2)'),
    },
    z.object({ zerocopy: z.boolean().describe('XDP_OPTIONS_ZEROCOPY') }).readonly(),
  ),
  xsk_close: op('Closes a socket; what it has counted can still be read.', { name }, nothing),
  xsk_start: op('Counts from now on, and forgets the frames until now.', { name }, nothing),
  xsk_fill: op(
    'Puts chunks that are in no ring into the fill ring, as many as find room.',
    { name, count: int(1, MOST.ring) },
    z.object({ filled: z.int() }).readonly(),
  ),
  xsk_receive: op(
    'Takes frames out of the rx ring, and waits by poll(2) until there were so many.',
    {
      name,
      count: int(1, 2 ** 31),
      within: int(0, 600_000).optional().describe('ms; 5000 without it'),
      recycle: z.boolean().optional().describe('their chunks go back into the fill ring at once'),
    },
    z.object({ received: z.int() }).readonly(),
  ),
  xsk_read: op(
    'Empties the rx ring and the completion ring, and returns all counts with XDP_STATISTICS.',
    { name },
    z.object(counts).readonly(),
  ),
  xsk_frames: op(
    'A part of the frames that are kept, in their order.',
    { name, at: int(0, MOST.kept).optional().describe('`next` of the part before; 0 without it') },
    z.object({ frames: z.array(hex).readonly(), next: z.int(), more: z.boolean() }).readonly(),
  ),
  xsk_send: op(
    'Exactly `count` frames through the tx ring, as `send` makes them. Waits up to 5 s until their chunks have come back.',
    {
      ...traffic,
      dst_mac: z.string().optional().describe('broadcast without it'),
      name,
      batch: int(1, MOST.ring).optional().describe('frames for each sendto(2); 1 without it'),
      bad: int(0, MOST.ring).optional().describe('descriptors of bytes beyond the memory before them'),
    },
    z
      .object({
        sent: z.int(),
        errors: z.int(),
        usec: z.int(),
        completed: z.int().describe('chunks that came back'),
      })
      .readonly(),
  ),
};
