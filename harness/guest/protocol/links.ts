import { z } from 'zod';
import { AGENT_KINDS } from '../../object/attach-kinds.ts';
import { op } from './op.ts';
import { device, int, map, nothing, program, U32_MAX } from './words.ts';

/** Programs at any attach point. */
export const LINK_OPS = {
  link_attach: op(
    'Attaches a program, and keeps that under `name` until the session ends.',
    {
      name: z.string().describe('for link_detach'),
      kind: z.enum(AGENT_KINDS),
      program: program.optional(),
      attach_type: z
        .union([z.string(), int(0, U32_MAX)])
        .optional()
        .describe('of kinds that attach in several ways: tc, to_device, cgroup, netns, sockmap'),
      dev: device.optional(),
      mode: z.enum(['native', 'generic']).optional().describe('of kind xdp'),
      flags: int(0, U32_MAX).optional().describe('of kind xdp: flags besides that of the mode'),
      order: z
        .enum(['last', 'before', 'after'])
        .optional()
        .describe('of kind to_device: where among the programs of the device; last without it'),
      relative: z
        .string()
        .optional()
        .describe('of `order`: the name of a link that is attached there; before or after all without it'),
      map: map.optional().describe('of kinds sockmap and struct_ops'),
      target: program.optional().describe('of kind freplace: where; as it was loaded without it'),
      function: z.string().optional().describe('of kind freplace or uprobe'),
      path: z.string().optional().describe('a cgroup, a network namespace, a pin, a program'),
      priority: int(-0x8000_0000, 0x7fff_ffff)
        .optional()
        .describe('of kinds tc and netfilter; 10 without it'),
      family: int(0, 255).optional().describe('of kind netfilter; 2 (IPv4) without it'),
      hook: int(0, 255).optional().describe('of kind netfilter'),
      frequency: int(1, 10_000).optional().describe('of kind perf_event, in Hz; 99 without it'),
    },
    z.object({ link: int(0, U32_MAX).describe('id of the kernel’s link; 0 for what is none') }).readonly(),
  ),
  link_update: op(
    'BPF_LINK_UPDATE: another program for the link of a link_attach.',
    {
      name: z.string(),
      program,
      expected: program.optional().describe('what it has now, with BPF_F_REPLACE'),
    },
    z.object({ link: int(0, U32_MAX).describe('id of the kernel’s link') }).readonly(),
  ),
  link_detach: op('Undoes a link_attach.', { name: z.string() }, nothing),
};
