import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import t from 'tap';
import { EventLines } from '../model/event-lines.ts';
import { GOLDEN_RUNS, goldenEvents, matchGolden } from './golden.ts';
import { foldRun } from './fold.ts';
import { jsonSchemas } from './json-schemas.ts';
import { toRunDocument } from './json.ts';

const ajv = new Ajv2020({ allErrors: true });
addFormats.default(ajv);

t.test('the published schemas agree with the code', async t => {
  for (const [file, schema] of Object.entries(jsonSchemas()))
    matchGolden(t, file, `${JSON.stringify(schema, null, 2)}\n`);
});

t.test('written documents are valid against the published schemas', async t => {
  const run = ajv.compile(jsonSchemas()['run.schema.json'] as object);
  const line = ajv.compile(jsonSchemas()['events.schema.json'] as object);
  for (const name of GOLDEN_RUNS) {
    const events = goldenEvents(name);
    t.ok(
      run(JSON.parse(JSON.stringify(toRunDocument(foldRun(events))))),
      `${name}: ${ajv.errorsText(run.errors)}`,
    );
    const lines = new EventLines();
    for (const event of events) {
      const written: unknown = JSON.parse(lines.next(event));
      t.ok(line(written), `${name} ${event.type}: ${ajv.errorsText(line.errors)}`);
    }
  }
});

t.test('invalid documents are refused', async t => {
  const run = ajv.compile(jsonSchemas()['run.schema.json'] as object);
  const document = toRunDocument(foldRun(goldenEvents('one')));
  t.notOk(run({ ...document, counts: { pass: 1 } }), 'a verdict without a count');
  t.notOk(run({ ...document, cells: [{ ...document.cells[0], verdict: 'green' }] }), 'an unknown verdict');
  t.ok(run({ ...document, later: true }), 'a field of a later bpfrig is accepted');
  const line = ajv.compile(jsonSchemas()['events.schema.json'] as object);
  const link = { seq: 0, prev: '0'.repeat(16), at: '2026-03-14T09:26:53.000Z' };
  t.ok(line({ ...link, type: 'cell-start', cell: 'x' }));
  t.notOk(line({ ...link, type: 'cell-starts', cell: 'x' }));
  t.notOk(line({ ...link, prev: undefined, type: 'cell-start', cell: 'x' }), 'a line without its chain');
});
