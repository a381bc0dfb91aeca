import { z } from 'zod';
import { BOUNDS, grouped } from './bounds.ts';
import { words } from './step-words.ts';
import type { Wrap } from './step-words.ts';

/** Steps that send from sockets of the guest's stack, to its other side, and say what came through. */
export function stackKinds(wrap: Wrap) {
  const { int, milliseconds, cpu } = words(wrap);

  return {
    tcp: z
      .strictObject({
        bytes: wrap(
          z
            .int()
            .min(0)
            .max(BOUNDS.tcpBytes, {
              error: `more than a connection may send: ${grouped(BOUNDS.tcpBytes)} bytes at most`,
            }),
        ).describe('that each connection sends'),
        connections: int(1, 64).default(1).describe('all at once'),
        port: int(1, 65_535).default(5001).describe('of the side behind `rx`'),
        within: milliseconds(1)
          .default(10_000)
          .describe('how long nothing may move before it gives up, in milliseconds'),
        cpu,
      })
      .describe(
        'send `bytes` over TCP connections from `tx` to the stack behind `rx`: `connected`, `accepted`, `sent_bytes`, `received_bytes`',
      ),
    ping: z
      .strictObject({
        count: int(1, 10_000).describe('echo requests'),
        size: int(42, 1514).default(98).describe('bytes of a frame'),
        pps: int(1, 10_000_000).optional().describe('no more requests a second than this'),
        within: milliseconds(1)
          .default(1000)
          .describe('how long no reply may come before it gives up, in milliseconds'),
        cpu,
      })
      .describe(
        'send exactly `count` ICMP echo requests from `tx` to the stack behind `rx`: `sent`, `replies`, `duplicates`',
      ),
  };
}
