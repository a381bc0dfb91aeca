import assert from 'node:assert/strict';
import { runScenarios } from 'bpfrig';

const run = runScenarios({ paths: ['examples/project/tests/firewall.yaml'], kernels: ['7.3'] });
for await (const event of run) {
  if (event.type === 'cell-end') console.log(event.result.verdict, event.result.cell.id);
}
const { exitCode, results } = await run.result;
assert.equal(exitCode, 0);
assert.ok(results.length > 0);
