import { z } from 'zod';
import { runEvent } from './event-schema.ts';
import { runDocument } from './run-schema.ts';

// `input`: the published schemas let unknown fields pass, as the promise to only ever add fields needs.
/** The published JSON Schemas by file name in this folder; `schemas.test.ts` writes and checks them. */
export function jsonSchemas(): Readonly<Record<string, unknown>> {
  return {
    'run.schema.json': z.toJSONSchema(runDocument, { io: 'input' }),
    'events.schema.json': z.toJSONSchema(runEvent, { io: 'input' }),
  };
}
