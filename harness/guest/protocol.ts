import type { z } from 'zod';
import { CORE_OPS } from './protocol/core.ts';
import { CPU_OPS } from './protocol/cpu.ts';
import { LINK_OPS } from './protocol/links.ts';
import { MAP_OPS } from './protocol/maps.ts';
import { NET_OPS } from './protocol/net.ts';
import { OBJECT_OPS } from './protocol/objects.ts';
import { OBSERVE_OPS } from './protocol/observe.ts';
import { PROGRAM_OPS } from './protocol/programs.ts';
import { VERIFY_OPS } from './protocol/verify.ts';
import { XSK_OPS } from './protocol/xsk.ts';

/**
 * Every op of the agent: the one declaration that TypeScript's calls, images/agent/PROTOCOL.md and the test against
 * `bpfrig-agent describe` come from. By room, as the agent's sources are.
 */
export const ROOMS = {
  core: CORE_OPS,
  bpf: { ...MAP_OPS, ...PROGRAM_OPS, ...LINK_OPS, ...OBJECT_OPS, ...VERIFY_OPS },
  net: { ...NET_OPS, ...XSK_OPS },
  observe: OBSERVE_OPS,
  cpu: CPU_OPS,
} as const;

/** Every op by name. */
export const OPS = {
  ...ROOMS.core,
  ...ROOMS.bpf,
  ...ROOMS.net,
  ...ROOMS.observe,
  ...ROOMS.cpu,
} as const;

/** The name of an op. */
export type OpName = keyof typeof OPS;

/** The arguments of an op as a caller writes them. */
export type OpArgs<N extends OpName> = z.input<(typeof OPS)[N]['args']>;

/** What the agent answers to an op. */
export type OpAnswer<N extends OpName> = z.output<(typeof OPS)[N]['answer']>;

/** A part of an op's answer that is a list of rows: the type of one row. */
export type OpRow<N extends OpName> = OpAnswer<N> extends { readonly rows: readonly (infer R)[] } ? R : never;

/** One request of a batch: an op with its arguments. Make it with `request`. */
export class AgentRequest<N extends OpName = OpName> {
  readonly op: N;
  readonly args: OpArgs<N>;

  constructor(op: N, args: OpArgs<N>) {
    this.op = op;
    this.args = args;
  }
}

/** A request for `callBatch`. */
export function request<N extends OpName>(op: N, args: OpArgs<N>): AgentRequest<N> {
  return new AgentRequest(op, args);
}

/** How a request is made, apart from its arguments. */
export interface CallOptions {
  /** Longest time for the answer; the client's own limit without it. */
  readonly timeoutMs?: number | undefined;
  /** The agent runs it in a thread of its own, and serves further requests meanwhile. */
  readonly background?: boolean | undefined;
}

/** Whatever calls the agent: a guest, or its client. */
export interface AgentCaller {
  call<N extends OpName>(op: N, args: OpArgs<N>, options?: CallOptions): Promise<OpAnswer<N>>;
}
