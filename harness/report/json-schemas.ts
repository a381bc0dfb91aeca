import { z } from 'zod';
import { eventLine } from './event-schema.ts';
import { historyDocument } from './history/schema.ts';
import { loadDocument } from './load-schema.ts';
import { runDocument } from './run-schema.ts';

// `input`: the published schemas accept unknown fields, because later versions may add fields.
/** The published JSON Schemas, by file name in this folder. `schemas.test.ts` writes and checks the files. */
export function jsonSchemas(): Readonly<Record<string, unknown>> {
  return {
    'run.schema.json': z.toJSONSchema(runDocument, { io: 'input' }),
    'load.schema.json': z.toJSONSchema(loadDocument, { io: 'input' }),
    'history.schema.json': z.toJSONSchema(historyDocument, { io: 'input' }),
    'events.schema.json': z.toJSONSchema(eventLine, { io: 'input' }),
  };
}
