import { z } from 'zod';
import { AnswerShapeError, type AgentFailure } from './agent-error.ts';
import { OPS, type OpAnswer, type OpName } from './protocol.ts';

/** `fault_json()` in images/agent/core/request.c. */
const FAILURE: z.ZodType<AgentFailure> = z.intersection(
  z.object({ code: z.number(), where: z.string(), message: z.string(), log: z.string().nullable() }),
  z.union([
    z.object({ kind: z.literal('kernel'), errno: z.string() }),
    z.object({ kind: z.enum(['request', 'agent']), errno: z.null() }),
  ]),
);

/** The answer of an op as it is declared. Throws `AnswerShapeError`: everything that reads answers relies on their shape. */
export function answerOf<N extends OpName>(op: N, answer: unknown): OpAnswer<N> {
  const parsed = OPS[op].answer.safeParse(answer ?? {});
  if (!parsed.success) throw new AnswerShapeError(op, firstIssue(parsed.error));
  return parsed.data as OpAnswer<N>;
}

/** The refusal of an op as the agent writes it. Throws `AnswerShapeError`. */
export function failureOf(op: string, error: unknown): AgentFailure {
  const parsed = FAILURE.safeParse(error);
  if (!parsed.success) throw new AnswerShapeError(op, `error: ${firstIssue(parsed.error)}`);
  return parsed.data;
}

function firstIssue({ issues }: z.ZodError): string {
  const [issue] = issues;
  if (issue === undefined) return 'no reason given';
  return issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`;
}
