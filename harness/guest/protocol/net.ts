import { z } from 'zod';
import { op } from './op.ts';
import { counts, cpu, device, hex, int } from './words.ts';

/** What every source of traffic takes. */
const traffic = {
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
};
