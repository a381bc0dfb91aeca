// What differs between protocol.ts and the agent until the agent's side of the contract is merged. This file then goes.
import { request, type AgentRequest, type OpArgs } from './protocol.ts';

/** Tables of an answer that has them at its top level. */
export function tablesOf<T>(answer: { readonly tables: T }): T {
  return answer.tables ?? (answer as unknown as T);
}

/** `witness_start` of an agent that knows its events. */
export function witnessStart(_args: OpArgs<'witness_start'>): AgentRequest<'witness_start'> {
  return request('witness_start', {} as OpArgs<'witness_start'>);
}
