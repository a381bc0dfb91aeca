import { z } from 'zod';
import { op } from './op.ts';
import { counts, device, hex, int, nothing, program, tables, EXACT_MAX } from './words.ts';

/** BPFRIG_SOURCES, bpf/bpfrig.h. */
export const SOURCES = 16;

/** The two ways in which a witness counts: hist triggers, or the raw trace buffer where the kernel has no hist triggers. */
const kind = z.enum(['hist', 'trace']);

/** A tracepoint that the witness sums. */
const witnessEvent = z
  .strictObject({
    name: z.string().describe('name of its table'),
    event: z.string().describe('as `xdp/xdp_cpumap_enqueue`'),
    keys: z.array(z.string()).readonly().describe('fields that tell rows apart'),
    sums: z.array(z.string()).readonly().describe('fields that are summed'),
    batch: z.string().optional().describe('field whose values are counted, as `batch`'),
  })
  .readonly();

/** What counts in a guest: observers, programs' actions, frames that reach the stack, the witness; and the kernel's log. */
export const OBSERVE_OPS = {
  probes: op(
    'Finds out by trying what the kernel can do (0.2 s).',
    {},
    z
      .object({
        probes: z.record(z.string(), z.enum(['available', 'missing', 'untried'])).readonly(),
        untried: z.record(z.string(), z.string()).readonly().describe('why, one line each'),
      })
      .readonly(),
  ),
  actions_start: op('Counts what a program returns from now on, by fexit.', { program }, nothing),
  actions_read: op(
    'How often a program returned each action. An `agent` error when fexit missed a run.',
    { program },
    counts,
  ),
  observers_start: op('Attaches the observers and clears them.', {}, nothing),
  observers_read: op(
    'Rows of every observer table, by BTF of its map: bpf/observers.bpf.c.',
    {},
    z.object({ tables, lost: z.int().describe('events that found no room: must be 0') }).readonly(),
  ),
  observers_reset: op('Clears the observers.', {}, nothing),
  observers_stop: op('Detaches the observers.', {}, nothing),
  observers_hollow: op(
    'Attaches programs that do nothing instead, until `observers_start` or `observers_stop`.',
    {},
    nothing,
  ),
  stack_start: op(
    'Counts at tc ingress of a device what reaches the stack, from 0.',
    { dev: device },
    nothing,
  ),
  stack_read: op(
    'What reached the stack, one row per CPU. `frames` are those of sources, whatever a program did to them.',
    { dev: device },
    z
      .object({
        rows: z
          .array(
            z
              .object({
                cpu: z.int(),
                frames: z.int().describe('packets: of an skb that GRO merged, as many as are in it'),
                bytes: z.int(),
                foreign: z.int().describe('packets that a kernel sends by itself, and no source does'),
                foreign_bytes: z.int(),
                skbs: z.int().describe('skbs with a number'),
                unnumbered: z.int().describe('other skbs of sources'),
                strange: z.int().describe('packets of those that are no described frame'),
                merged: z.int().describe('skbs of those that GRO merged'),
                exact: z.int().describe('skbs that are byte for byte as sent'),
                metas: z.int().describe('skbs whose metadata is their sequence number'),
                ahead: z.int().describe('skbs as sent, but for an IP id that is higher'),
                ahead_most: z.int().describe('by so much at most'),
                differs: z
                  .int()
                  .describe('where the latest of the others differs: 1 and the byte, or BPFRIG_DIFFERS_*'),
                unsent: z.int().describe('packets that no source sent, by port and number'),
                unclaimed: z.int().describe('of those, packets from a port of no source'),
                reordered: z.int().describe('packets after a higher number of their flow on this CPU'),
                unordered: z.int().describe('packets of flows for which there was no room'),
              })
              .readonly(),
          )
          .readonly(),
      })
      .readonly(),
  ),
  stack_log: op(
    'What reached the stack in order, 8 bytes per skb with the magic: `struct bpfrig_arrival`, bpf/bpfrig.h.',
    { dev: device },
    z
      .object({ rows: z.array(z.object({ cpu: z.int(), log: hex, lost: z.int() }).readonly()).readonly() })
      .readonly(),
  ),
  stack_source: op(
    'States what a source will send to a device: without it, no frame of the source is exact.',
    {
      dev: device,
      slot: int(0, SOURCES - 1),
      source: hex.describe('`struct bpfrig_source`, bpf/bpfrig.h'),
    },
    nothing,
  ),
  stack_seen: op(
    'How often each number came since `stack_start`: one lane per number of each source, 191 or more count as 191.',
    { dev: device },
    z
      .object({
        runs: z
          .array(z.tuple([z.int(), z.int()]).readonly())
          .readonly()
          .describe('of lanes that are equal: how many, and how often their numbers came'),
      })
      .readonly(),
  ),
  stack_describe: op(
    'States frames without a number that a source will send: how often each comes is counted.',
    {
      dev: device,
      hashes: hex.describe('8 bytes of each frame: harness/guest/frame-hash.ts'),
      kinds: int(0, 0xffff_ffff).optional().describe('BPFRIG_KIND_*, bpf/bpfrig.h, that are not foreign'),
    },
    nothing,
  ),
  stack_described: op(
    'How often each of those frames came since `stack_start`.',
    { dev: device },
    z
      .object({
        frames: hex.describe('8 bytes of its hash and 8 bytes of how often, in the byte order of the guest'),
      })
      .readonly(),
  ),
  stack_changed: op(
    'What the frames have in common that are not as sent, for each CPU that has seen one.',
    { dev: device },
    z
      .object({
        rows: z
          .array(
            z
              .object({ cpu: z.int(), changed: hex.describe('`struct bpfrig_changed`, bpf/bpfrig.h') })
              .readonly(),
          )
          .readonly(),
        strangers: hex.describe('hashes of frames that came in the place of described ones, 8 bytes each'),
      })
      .readonly(),
  ),
  witness_start: op(
    'Sums tracepoints via tracefs, without BPF, from 0. Cheap when the same events are summed already.',
    {
      events: z.array(witnessEvent).readonly(),
      kind: kind.optional().describe('hist where the kernel has it'),
    },
    z.object({ kind }).readonly(),
  ),
  witness_read: op(
    'The sums of the witness, a table for each event.',
    {},
    z.object({ kind, tables, lost: z.int().describe('events that were dropped: must be 0') }).readonly(),
  ),
  witness_stop: op('Ends the witness. Its next start takes 0.3 s.', {}, nothing),
  kmsg: op(
    'Lines of the kernel’s log after `since`; without it, only where the log stands.',
    { since: int(-1, EXACT_MAX).optional().describe('`seq` of an earlier answer') },
    z.object({ seq: z.int(), lines: z.array(z.string()).readonly() }).readonly(),
  ),
};
