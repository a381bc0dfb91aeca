import { z } from 'zod';
import { stackKinds } from './stack-steps.ts';
import { words } from './step-words.ts';
import type { Wrap } from './step-words.ts';

/** Steps that send packets, and those that wait for what goes on in the background. */
export function trafficKinds(wrap: Wrap) {
  const { int, count, program, config, maps, port, frameSize, cpu } = words(wrap);
  const mac = wrap(z.string().regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i)).describe(
    "default: the receiving device's own",
  );
  const datagrams = {
    count,
    size: frameSize,
    cpu,
    flows: int(1, 50_000).default(1).describe('UDP source ports, in turn'),
    first_flow: int(0, 1000).default(0).describe('the first of them is 9000 and this'),
    pps: int(1, 10_000_000).optional().describe('no more packets a second than this'),
  };
  const frames = { ...datagrams, dst_mac: mac.optional() };

  return {
    frames: z
      .strictObject({ on: port.default('tx'), ...frames })
      .describe(
        'send exactly `count` frames with the first source that is safe here: pktgen, or an AF_PACKET socket',
      ),
    pktgen: z
      .strictObject({
        on: port,
        ...frames,
        burst: int(1, 1_000_000).default(1).describe("pktgen's `burst`: packets for each call of the driver"),
        threads: int(1, 64).optional().describe('on as many CPUs, from `cpu` on; each has flows of its own'),
        mode: wrap(z.enum(['start_xmit', 'netif_receive', 'queue_xmit']))
          .default('start_xmit')
          .describe("pktgen's `xmit_mode`"),
        commands: z
          .array(z.string())
          .default([])
          .describe("further commands for pktgen's file of the device"),
      })
      .describe("send with the kernel's pktgen, until exactly `count` frames have been taken"),
    send: z
      .strictObject({ on: port, ...frames })
      .describe('send exactly `count` frames from an AF_PACKET socket'),
    udp: z
      .strictObject({
        on: wrap(z.literal('tx')).default('tx').describe('the device'),
        ...datagrams,
        flows: wrap(z.int().min(1).max(64))
          .default(1)
          .describe('UDP source ports, in turn: a socket for each'),
        checksum: wrap(z.boolean())
          .default(false)
          .describe('with a UDP checksum, which is left to a device that offers it'),
      })
      .describe(
        'send exactly `count` datagrams from UDP sockets, one a flow; `size` is that of the frame, which must fit the MTU',
      ),
    ...stackKinds(wrap),
    live: z
      .strictObject({
        program,
        config: config.optional(),
        maps: maps.optional(),
        on: port,
        count,
        batch: wrap(z.int().min(1).max(256)).default(64).describe('frames between two flushes'),
        size: wrap(z.int().min(14).max(3408)).default(64).describe('bytes of a frame'),
        cpu,
        priority: int(1, 99)
          .optional()
          .describe('of SCHED_FIFO: it runs before every ordinary task of the CPU'),
      })
      .describe('run a program over live frames, BPF_PROG_RUN with BPF_F_TEST_XDP_LIVE_FRAMES'),
    join: z.literal(true).describe('wait for all steps in the background'),
    pending: z
      .union([
        z.literal(true),
        z.strictObject({
          within: wrap(z.int().min(0).max(600_000)).describe('milliseconds to wait until none is left'),
        }),
      ])
      .describe('`count`: steps in the background that have not ended'),
  };
}
