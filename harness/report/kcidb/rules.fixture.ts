// KCIDB's JSON Schema is a part of kcidb-io, under GPL-2.0-or-later, and not of this repository. These are the rules of its version 5.3 that bear
// on what bpfrig writes, in words of our own. `kcidb.test.ts` also uses the published schema where there is one.

const id = { type: 'string', pattern: '^[a-z0-9_]+:[^\\u0000]*$' };
const origin = { type: 'string', pattern: '^[a-z0-9_]+$' };
const text = { type: 'string', pattern: '^[^\\u0000]*$' };
const url = { type: 'string', format: 'uri' };
const status = { enum: ['FAIL', 'ERROR', 'MISS', 'PASS', 'DONE', 'SKIP'] };
const misc = { type: 'object' };
const common = { id, origin, comment: text, misc };

function list(properties: Readonly<Record<string, object>>, required: readonly string[]) {
  const items = {
    type: 'object',
    properties: { ...common, ...properties },
    required: ['id', 'origin', ...required],
    additionalProperties: false,
  };
  return { type: 'array', items };
}

const file = {
  type: 'object',
  properties: { name: { type: 'string', pattern: '^[^/\\u0000]+$' }, url },
  required: ['name', 'url'],
  additionalProperties: false,
};

/** The rules as a JSON Schema. */
export const KCIDB_RULES = {
  type: 'object',
  properties: {
    version: {
      type: 'object',
      properties: { major: { const: 5 }, minor: { type: 'integer', minimum: 0, maximum: 3 } },
      required: ['major'],
      additionalProperties: false,
    },
    checkouts: list({ valid: { type: 'boolean' } }, []),
    builds: list(
      {
        checkout_id: id,
        architecture: { type: 'string', pattern: '^[a-z0-9_]*$' },
        config_name: text,
        status,
      },
      ['checkout_id'],
    ),
    tests: list(
      {
        build_id: id,
        path: { type: 'string', pattern: '^([a-zA-Z0-9_-]+(\\.[a-zA-Z0-9_-]+)*)?$' },
        status,
        start_time: { type: 'string', format: 'date-time' },
        duration: { type: 'number' },
        environment: {
          type: 'object',
          properties: { comment: text, misc },
          additionalProperties: false,
        },
        log_url: url,
        log_excerpt: { ...text, maxLength: 16_384 },
        output_files: { type: 'array', items: file },
      },
      ['build_id'],
    ),
    issues: list(
      {
        version: { type: 'integer', minimum: 0 },
        culprit: {
          type: 'object',
          properties: {
            code: { type: 'boolean' },
            tool: { type: 'boolean' },
            harness: { type: 'boolean' },
          },
          additionalProperties: false,
        },
      },
      ['version'],
    ),
    incidents: list(
      {
        issue_id: id,
        issue_version: { type: 'integer', minimum: 0 },
        test_id: id,
        present: { type: 'boolean' },
      },
      ['issue_id', 'issue_version'],
    ),
  },
  required: ['version'],
  additionalProperties: false,
};
