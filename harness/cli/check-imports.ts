import { importViolations } from '../util/import-rules.ts';

// The build's check of the one-way imports: `npm run check:imports`.
const violations = importViolations(process.argv[2] ?? 'harness');
for (const { file, target, why } of violations) console.error(`${file}: imports ${target}: ${why}`);
process.exitCode = violations.length > 0 ? 1 : 0;
