import { z } from 'zod';
import { hasFlows } from '../packet/frame-list.ts';
import { FRAME_BYTES } from '../packet/build.ts';
import { frameItemSchema, frameSchema } from '../packet/schema.ts';
import { BOUNDS, grouped } from './bounds.ts';
import { C_NAME, words, type Wrap } from './step-words.ts';

/** Steps that send or run a program over frames which the scenario describes. */
export function packetKinds(wrap: Wrap) {
  const { int, count, program, config, maps, port, cpu } = words(wrap);
  return {
    packets: z
      .strictObject({
        on: port.default('tx').describe('the device that sends them'),
        frames: z
          .array(frameItemSchema(wrap))
          .min(1)
          .describe('frames by their layers, by their bytes, or of a file, in this order'),
        count: count.default(1).describe('times through the list'),
        flows: int(1, 1000)
          .default(1)
          .describe('source ports of `tcp` and `udp`: time n through the list adds n modulo flows'),
        gap_us: int(0, 10_000_000).optional().describe('microseconds from one frame to the next'),
        cpu,
      })
      .superRefine(({ frames, count: times, flows, gap_us: gap = 0 }, context) => {
        const issue = (key: string, message: string): void =>
          context.addIssue({ code: 'custom', path: [key], message });
        const sent = times * frames.length;
        if (sent > BOUNDS.packets)
          issue('count', `more than a step may send: ${grouped(BOUNDS.packets)} packets at most`);
        if ((sent * gap) / 1000 > BOUNDS.waitMs)
          issue('gap_us', `longer than a step may take: ${grouped(BOUNDS.waitMs)} ms at most`);
        if (flows > 1 && !frames.some(hasFlows))
          issue('flows', 'no frame here has a source port that bpfrig knows: it needs `tcp` or `udp`');
      })
      .describe('send exactly `count` times the frames of a list, from an AF_PACKET socket'),
    test_run: z
      .strictObject({
        program,
        config: config.optional(),
        maps: maps.optional(),
        on: port.optional().describe('an XDP program sees it as its ingress device'),
        data: wrap(
          z
            .string()
            .regex(/^\s*(?:[0-9a-f]{2}\s*)*$/i)
            .max(4 * FRAME_BYTES),
        )
          .optional()
          .describe('the packet in hex, with spaces where you like'),
        frame: frameSchema(wrap).optional().describe('the packet by its layers, as an item of `packets`'),
        ctx: z
          .union([
            z.record(z.string().regex(C_NAME), contextValue(wrap)),
            z.array(wrap(z.int())).max(16),
            wrap(z.string().regex(/^(?:[0-9a-f]{2})+$/i)),
          ])
          .optional()
          .describe(
            "members of the program's context by their names, such as `mark: 5`; a list of 64-bit words; or all of it in hex",
          ),
        size: wrap(z.int().min(14).max(3408))
          .optional()
          .describe('bytes of the packet where neither data nor frame says it; 64'),
        count: count.default(1).describe('runs, `repeat` of bpf_attr'),
        flags: int(0).optional().describe('`flags` of bpf_attr, such as 2, BPF_F_TEST_XDP_LIVE_FRAMES'),
        batch: int(0).optional().describe('`batch_size` of bpf_attr'),
        room: int(1, 1 << 20)
          .optional()
          .describe('`data_size_out` of bpf_attr; 512 more than the packet has without it'),
      })
      .superRefine((args, context) => {
        const given = (['data', 'frame', 'size'] as const).filter(key => args[key] !== undefined);
        const [first, second] = given;
        if (second !== undefined) {
          const message = `\`${first}\` says what the packet is: without \`${second}\``;
          context.addIssue({ code: 'custom', path: [second], message });
        }
      })
      .describe(
        'BPF_PROG_TEST_RUN over one packet that goes nowhere: `retval`, `data_out` in hex, `packet` with its layers, and with `ctx` `ctx_out`',
      ),
  };
}

function contextValue(wrap: Wrap) {
  const value = wrap(z.union([z.int(), z.string(), z.boolean()]));
  return z.union([value, z.array(value).max(64)]);
}
