import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import t from 'tap';
import { Parser } from 'tap-parser';
import { PACKAGE_ROOT } from '../util/paths.ts';
import { startRun } from './bpfrig.fixture.ts';

// Guests have time limits of their own.
t.setTimeout(0);

const SCENARIOS = join(PACKAGE_ROOT, 'scenarios', 'cpumap');

/** A sound sample: every kind of step and source, all topologies and modes, verdicts of each green kind. */
const SAMPLE = [
  'redirect/one-cpu.yaml',
  'program/verdicts.yaml',
  'enqueue/ring-overflow.yaml',
  'enqueue/two-queues.yaml',
  'delivery/two-guests.yaml',
  'delivery/udp-sockets.yaml',
  'update',
  'create',
  '../attach/freplace.yaml',
  '../attach/tc.yaml',
  '../ledger/changed-bytes.yaml',
  '../ledger/described.yaml',
  '../object/firewall-counters.yaml',
  '../object/tail-calls.yaml',
  '../packet/protocols.yaml',
  '../../examples/project',
];

t.test('the oldest and the newest kernel: all green, every packet accounted for, reports valid', async t => {
  const out = join(t.testdir(), 'run');
  const paths = SAMPLE.map(path => join(SCENARIOS, path));
  const run = await startRun([...paths, '--kernel', '5.10', '--kernel', '7.3'], out).done;
  if (run.exitCode !== 0) t.comment(run.stdout);
  t.equal(run.exitCode, 0);

  const passed = run.results.filter(({ verdict }) => verdict === 'pass');
  t.ok(passed.some(({ cell }) => cell.kernel === '5.10') && passed.some(({ cell }) => cell.kernel === '7.3'));
  for (const { cell, ledger } of passed) {
    const residuals = ledger?.stages.filter(({ residual }) => residual !== 0) ?? [];
    t.same(residuals, [], `${cell.id}: residuals`);
  }
  const withPackets = passed.filter(({ ledger }) => (ledger?.stages[0]?.in ?? 0) > 0);
  t.ok(withPackets.length >= 20, `${withPackets.length} cells have a ledger with packets`);
  t.ok(
    run.results.every(({ cell, verdict }) => verdict !== 'skip' || cell.kernel === '5.10'),
    'the newest kernel skips nothing',
  );

  const tap = Parser.parse(readFileSync(join(out, 'run.tap'), 'utf8'), { strict: true });
  const complete = tap.findLast(([event]) => event === 'complete')?.[1] as { ok: boolean; count: number };
  t.match(complete, { ok: true, count: run.results.length });

  const ajv = addFormats.default(new Ajv2020({ strict: false }));
  const validate = ajv.compile(readJson(join(PACKAGE_ROOT, 'harness', 'report', 'run.schema.json')));
  t.ok(validate(readJson(join(out, 'run.json'))), JSON.stringify(validate.errors));
});

function readJson(path: string): object {
  return JSON.parse(readFileSync(path, 'utf8')) as object;
}
