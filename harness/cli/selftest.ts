import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { execa } from 'execa';
import { EXIT } from '../model/exit-code.ts';
import { BpfrigError } from '../util/errors.ts';
import { runFaults } from '../faults/suite.ts';
import { chooseFaults } from '../faults/table.ts';
import type { Shard } from '../run/shard.ts';
import { PROJECT_ROOT, resultsRoot } from '../util/paths.ts';
import { onProgress } from './progress.ts';
import { shardOption } from './run-options.ts';

interface SelftestOptions {
  readonly unit?: boolean;
  /** A part of a fault's name, `sample`, or true for all of them. */
  readonly faults?: string | true;
  readonly shard?: Shard;
}

/** `bpfrig selftest`: the project's own tests, under node's test runner. */
export function selftestCommand(): Command {
  return new Command('selftest')
    .description("The project's own tests: units, then real guests of the oldest and the newest kernel.")
    .argument('[text]', 'only test files with this text in their path')
    .option('--unit', 'only the tests that boot no guest')
    .option(
      '--faults [text]',
      'instead of tests, the faults with this text in their name, injected into the real program; `sample`: a sound part of all',
    )
    .option('--shard <i/n>', 'only this part of the faults', shardOption)
    .option('--setup', "install the host's missing packages first (done by the launcher)")
    .action(async (text: string | undefined, { unit = false, faults, shard }: SelftestOptions) => {
      process.exitCode =
        faults === undefined
          ? await runSelftest(text ?? '', unit)
          : await injectFaults(faults === true ? (text ?? null) : faults, shard ?? null);
    });
}

async function runSelftest(text: string, unitOnly: boolean): Promise<number> {
  const dist = join(PROJECT_ROOT, 'dist');
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.test.js') && name.includes(text))
    .filter(name => !unitOnly || !name.endsWith('.guest.test.js'))
    .toSorted((a, b) => Number(isGuestTest(a)) - Number(isGuestTest(b)) || a.localeCompare(b))
    .map(name => join(dist, name));
  if (files.length === 0) throw new BpfrigError('usage', `selftest: no test file has '${text}' in its path`);
  // One file at a time: guests and deadlines want the cores to themselves.
  const args = ['--enable-source-maps', '--test', '--test-concurrency=1', '--test-reporter=spec', ...files];
  const { exitCode } = await execa(process.execPath, args, {
    cwd: PROJECT_ROOT,
    stdio: 'inherit',
    reject: false,
  });
  return exitCode === 0 ? EXIT.ok : EXIT.red;
}

/** Injects faults into the real program. What was seen of those that it took wrongly is kept in `results/faults/`. */
async function injectFaults(word: string | null, shard: Shard | null): Promise<number> {
  const faults = chooseFaults(word, shard);
  if (faults.length === 0) throw new BpfrigError('usage', `selftest: no fault has '${word}' in its name`);
  const keepIn = join(resultsRoot(), 'faults');
  const wrong = await runFaults(faults, { print: line => console.log(line), onProgress, keepIn });
  return wrong === 0 ? EXIT.ok : EXIT.red;
}

function isGuestTest(name: string): boolean {
  return name.endsWith('.guest.test.js');
}
