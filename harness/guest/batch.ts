import { BpfrigError } from '../util/errors.ts';
import { AgentError } from './agent-error.ts';
import { answerOf, failureOf } from './answer-shape.ts';
import { AgentRequest, type AgentCaller, type OpAnswer } from './protocol.ts';

/** Requests in a list, or by name. */
type Group<R> = readonly R[] | { readonly [name: string]: R };

/** Groups of groups. TypeScript does not follow a type that refers to itself as far as `Answers` needs. */
type Nested = AgentRequest | Group<AgentRequest>;

/** A part of a batch. */
export type RequestGroup = Nested | Group<Nested>;

/** Requests that are sent together, in lists or by name, in up to three levels. They run in the order in which they are written. */
export type Requests = RequestGroup | Group<RequestGroup>;

/** The answers of requests, in the shape of the requests. */
export type Answers<R> =
  R extends AgentRequest<infer N> ? OpAnswer<N> : { readonly [K in keyof R]: Answers<R[K]> };

/** Reading 5.10's trace buffer takes longest: 100,000 events are seconds under emulation. */
const BATCH_MS = 60_000;

/** Sends many requests in one and returns their answers. Throws `AgentError` for the first that failed, with its op. */
export async function callBatch<const R extends Requests>(
  guest: AgentCaller,
  requests: R,
): Promise<Answers<R>> {
  const list = flatten(requests);
  if (list.length === 0) return rebuild(requests, [].values()) as Answers<R>;
  const lines = list.map(({ op, args }) => ({ op, ...args }));
  const { answers } = await guest.call('batch', { requests: lines }, { timeoutMs: BATCH_MS });
  const values = list.map(({ op }, index) => {
    const answer = answers[index];
    if (answer === undefined)
      throw new BpfrigError('agent', `batch: ${answers.length} answers to ${list.length} requests`);
    const { ok, error } = answer;
    if (error !== undefined) throw new AgentError(op, failureOf(op, error));
    return answerOf(op, ok);
  });
  // The shapes are the same by construction, which TypeScript cannot follow.
  return rebuild(requests, values.values()) as Answers<R>;
}

function flatten(requests: Requests): AgentRequest[] {
  if (requests instanceof AgentRequest) return [requests];
  return (Array.isArray(requests) ? [...(requests as readonly Requests[])] : Object.values(requests)).flatMap(
    flatten,
  );
}

function rebuild(requests: Requests, values: Iterator<unknown>): unknown {
  if (requests instanceof AgentRequest) return values.next().value;
  if (Array.isArray(requests)) return (requests as readonly Requests[]).map(one => rebuild(one, values));
  return Object.fromEntries(
    Object.entries(requests).map(([name, one]) => [name, rebuild(one as Requests, values)]),
  );
}
