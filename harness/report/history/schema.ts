import { z } from 'zod';
import { STATUSES, type CellStatus } from '../status.ts';
import { verdictCounts } from '../run-schema.ts';
import { historyCode, type History } from './history.ts';

const index = z.int().min(0).meta({ description: 'Index of `runs`' });
const status = z.enum(STATUSES as [CellStatus, ...CellStatus[]]);

const flip = z.object({
  from: index,
  to: index,
  answer: z.enum(['good', 'bad']),
  builds: z.tuple([z.string(), z.string()]).nullable().meta({
    description: 'The builds of the kernel before and after; null if it is the same build',
  }),
});

const lasting = z.object({ id: z.string(), flip, isFlake: z.boolean(), reason: z.string() });

/** The document that `report --history --reporter json` writes. */
export const historyDocument = z
  .object({
    schema: z.int().meta({ description: 'Version of this schema' }),
    exitCode: z.int().meta({ description: '1 if a cell of the newest run has a regression' }),
    runs: z
      .array(
        z.object({
          runId: z.string().nullable(),
          startedAt: z.string().nullable(),
          folder: z.string(),
          cells: z.int().min(0),
          counts: verdictCounts,
          unfinished: z.int().min(0),
          exitCode: z.int(),
          builds: z.record(z.string(), z.string().nullable()),
        }),
      )
      .meta({ description: 'Oldest first' }),
    kernels: z.array(z.string()),
    cells: z.array(
      z.object({
        id: z.string(),
        scenario: z.string(),
        variant: z.record(z.string(), z.string()),
        kernel: z.string(),
        statuses: z
          .array(status.nullable())
          .meta({ description: 'One for each run; null where it did not plan the cell' }),
        reasons: z.array(z.string()),
        flips: z.array(flip),
        last: z.enum(['good', 'bad']).nullable(),
        isFlake: z.boolean(),
        bothOn: z.string().nullable().meta({
          description: 'A build of the kernel on which a flake was both good and bad',
        }),
      }),
    ),
    regressions: z.array(lasting).meta({ description: 'Bad until the end, in cells of the newest run' }),
    fixed: z.array(lasting),
    flakes: z.array(z.string()),
    gone: z.array(z.object({ id: z.string(), last: index })),
  })
  .meta({ title: 'bpfrig report --history --reporter json' });

/** The document as a value. */
export type HistoryDocument = z.infer<typeof historyDocument>;

/** Version of the shape of the document. */
const HISTORY_SCHEMA = 1;

/** Returns the content of the document. */
export function toHistoryDocument(history: History): HistoryDocument {
  return structuredClone({
    schema: HISTORY_SCHEMA,
    exitCode: historyCode(history),
    ...history,
  }) as HistoryDocument;
}
