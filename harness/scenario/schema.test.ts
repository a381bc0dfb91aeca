import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import { parse } from 'yaml';
import { scenarioJsonSchema } from './json-schema.ts';
import checkedIn from './scenario.schema.json' with { type: 'json' };

t.test('scenario.schema.json is not stale', async t => {
  const made: unknown = JSON.parse(JSON.stringify(scenarioJsonSchema()));
  t.strictSame(checkedIn, made, 'up to date; otherwise run `npm run generate`');
});

t.test('editors accept what the loader accepts, axes and all, and refuse unknown keys', async t => {
  const validate = new Ajv2020({ strict: false }).compile(checkedIn);
  const text = `
title: t
source: s
axes: { q: [64, 128], mode: [native, generic] }
setup:
  - { cpumap: { name: cpus, entries: { 2: { qsize: $q } } }, when: { mode: [native] } }
  - { attach: { program: redirect_to_cpu, to: rx, mode: $mode } }
expect: [sent == 0, { expr: sent == 0, when: { q: 64 } }]
`;
  t.ok(validate(parse(text)), 'accepted', { errors: validate.errors });
  t.notOk(validate(parse(text.replace('qsize', 'quise'))));
  t.notOk(validate(parse(text.replace('mode: $mode', 'mode: nativ'))));
});
