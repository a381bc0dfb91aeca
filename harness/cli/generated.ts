import { faultsDocument } from '../faults/document.ts';
import { protocolText } from '../guest/protocol-text.ts';
import { attachReference } from '../object/attach-reference.ts';
import { countersReference } from '../oracle/reference.ts';
import { jsonSchemas } from '../report/json-schemas.ts';
import { scenarioJsonSchema } from '../scenario/json-schema.ts';
import { projectJsonSchema } from '../scenario/project-file.ts';
import { scenarioReference } from '../scenario/reference.ts';

/**
 * Checked-in files that the code determines, by their path from the root of the repository, each with the function that returns
 * its text. `npm run generate` writes them; `generated.test.ts` compares them.
 */
export const GENERATED: Readonly<Record<string, () => string>> = {
  'harness/scenario/scenario.schema.json': () => json(scenarioJsonSchema()),
  'harness/scenario/project.schema.json': () => json(projectJsonSchema()),
  'docs/attach.md': attachReference,
  'docs/counters.md': countersReference,
  'docs/reference.md': scenarioReference,
  'docs/faults.md': faultsDocument,
  'images/agent/PROTOCOL.md': protocolText,
  ...Object.fromEntries(
    Object.entries(jsonSchemas()).map(([file, schema]) => [`harness/report/${file}`, () => json(schema)]),
  ),
};

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
