import { z } from 'zod';
import { op } from './op.ts';
import { counts, cpu, device, hex, int, nothing } from './words.ts';

/** What every source of traffic takes. */
export const traffic = {
  dev: device,
  count: int(1, 2 ** 31).describe('packets'),
  size: int(58, 9014).optional().describe('bytes of a frame; 64 without it'),
  cpu: cpu.optional(),
  flows: int(1, 50_000).optional().describe('1 without it'),
  first_flow: int(0, 1000).optional().describe('0 without it'),
  pps: int(0, 10_000_000).optional().describe('packets per second; as fast as it can without it'),
  src_ip: z.string().optional(),
  dst_ip: z.string().optional(),
};

const dst_mac = z.string().optional().describe('broadcast without it');

/** Ports and addresses of connections. */
const port = int(1, 65_535);
const within = int(1, 600_000).optional().describe('ms without progress until it gives up');

const sent = { sent: z.int(), errors: z.int(), usec: z.int() };

/** A fault of the kernel, as a request that fails has it. */
const refusal = z
  .object({
    kind: z.literal('kernel'),
    errno: z.string(),
    code: z.int(),
    where: z.string(),
    message: z.string(),
    log: z.null(),
  })
  .readonly();

/** Network devices, and what sends packets. */
export const NET_OPS = {
  netdev: op(
    'Index, address and statistics of a device.',
    { dev: device },
    z
      .object({
        ifindex: z.int(),
        mac: z.string(),
        stats: counts.describe('/sys/class/net/DEV/statistics'),
        ethtool: counts.describe('as `ethtool -S`'),
      })
      .readonly(),
  ),
  pktgen: op(
    'The kernel’s packet generator, one at a time. A run right after a run takes 0.2 s more. Unknown `flag` commands are EINVAL.',
    {
      ...traffic,
      dst_mac,
      burst: int(1, 1_000_000).optional(),
      threads: int(1, 1024).optional(),
      mode: z.string().optional().describe('xmit_mode; start_xmit without it'),
      commands: z
        .array(z.string())
        .readonly()
        .optional()
        .describe('further commands for the device, in order'),
    },
    z.object({ ...sent, pps: z.int(), result: z.string().describe('pktgen’s own words') }).readonly(),
  ),
  send: op(
    'Exactly `count` frames from an AF_PACKET socket.',
    { ...traffic, dst_mac },
    z.object(sent).readonly(),
  ),
  send_frames: op(
    'Exactly `count` frames of any bytes from an AF_PACKET socket, those of `frames` in turn.',
    {
      dev: device,
      frames: z.array(hex).readonly().describe('each a whole frame of at most 65,557 bytes'),
      count: int(1, 2 ** 31).describe('packets'),
      gap_us: int(0, 10_000_000).optional().describe('from one frame to the next; 0 without it'),
      cpu: cpu.optional(),
    },
    z
      .object({
        ...sent,
        refused: refusal.optional().describe('why the kernel refused a frame, with which sending ended'),
      })
      .readonly(),
  ),
  udp: op(
    'Exactly `count` datagrams from UDP sockets, one per flow, at most 64. Payload as `send`, DF set.',
    { ...traffic, checksum: z.boolean().optional().describe('false without it') },
    z.object(sent).readonly(),
  ),
  tcp_listen: op(
    'Accepts connections at a port and reads each to its end, until `tcp_close`.',
    { ip: z.string(), port },
    nothing,
  ),
  tcp_connect: op(
    'Connects, sends `bytes` over each connection and waits until the other side closes it. A connection that fails is no fault.',
    {
      dev: device,
      src_ip: z.string(),
      dst_ip: z.string(),
      port,
      bytes: int(0, 2 ** 40).describe('of each connection'),
      connections: int(1, 64).optional().describe('1 without it'),
      cpu: cpu.optional(),
      within,
    },
    z
      .object({
        connected: z.int(),
        finished: z.int().describe('connections that the other side closed after it had read all'),
        sent_bytes: z.int().describe('that the sockets took'),
        error: z.string().describe('errno of the first connection that failed, or empty'),
        usec: z.int(),
      })
      .readonly(),
  ),
  tcp_close: op(
    'Ends a `tcp_listen`, and what is left of its connections.',
    { port },
    z.object({ accepted: z.int(), received_bytes: z.int() }).readonly(),
  ),
  ping: op(
    'Exactly `count` ICMP echo requests from a raw socket, and the replies.',
    {
      dev: device,
      src_ip: z.string(),
      dst_ip: z.string(),
      count: int(1, 10_000),
      size: int(42, 1514).optional().describe('bytes of a frame; 98 without it'),
      cpu: cpu.optional(),
      pps: int(0, 10_000_000).optional(),
      within,
    },
    z
      .object({
        ...sent,
        replies: z.int().describe('requests that were answered'),
        duplicates: z.int().describe('further answers to them'),
      })
      .readonly(),
  ),
  capture_start: op(
    'Keeps what a device receives from now on, in a ring that is never emptied: its first frames.',
    {
      dev: device,
      max: int(1, 16_384).optional().describe('frames; 1000 without it'),
      snap: int(14, 65_535).optional().describe('bytes of a frame that are kept; 2048 without it'),
      outgoing: z.boolean().optional().describe('also what the device sends'),
      promisc: z.boolean().optional().describe('also frames for other addresses'),
    },
    nothing,
  ),
  capture_read: op(
    'A part of a capture, in the order of the frames.',
    { dev: device, from: int(0, 16_384).optional().describe('number of the first frame; 0 without it') },
    z
      .object({
        frames: z
          .array(
            z
              .object({
                sec: z.int().describe('since 1970, by the clock of the guest'),
                nsec: z.int(),
                length: z.int().describe('bytes of the frame'),
                outgoing: z.boolean(),
                partial: z.boolean().describe('the sender left the checksum to the device'),
                data: hex.describe('what is kept of it, with its VLAN tag'),
              })
              .readonly(),
          )
          .readonly(),
        more: z.boolean(),
        lost: z.int().describe('frames that found no room'),
      })
      .readonly(),
  ),
  capture_stop: op('Ends the capture of a device; its frames are gone.', { dev: device }, nothing),
};
