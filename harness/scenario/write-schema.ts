import { writeFileSync } from 'node:fs';
import { scenarioJsonSchema } from './json-schema.ts';

/** `node dist/scenario/write-schema.js FILE`: writes the JSON Schema of scenarios; prettier then gives it its form. */
const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: write-schema.js FILE');
writeFileSync(file, `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
