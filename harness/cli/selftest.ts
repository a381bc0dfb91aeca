import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { Command } from 'commander';
import { execa } from 'execa';
import { EXIT } from '../model/exit-code.ts';
import { BpfrigError } from '../util/errors.ts';
import { runFaults } from '../faults/suite.ts';
import { chooseFaults } from '../faults/table.ts';
import { resultsRoot } from '../run/project.ts';
import type { Shard } from '../run/shard.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';
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

/** Tests that boot no guest side by side, then guests one file at a time: they and their deadlines want the cores to themselves. */
async function runSelftest(text: string, unitOnly: boolean): Promise<number> {
  const names = readdirSync(DIST, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.test.js') && name.includes(text))
    .toSorted((a, b) => a.localeCompare(b));
  const parts = [
    { files: names.filter(name => !isGuestTest(name)), atOnce: availableParallelism() },
    { files: unitOnly ? [] : names.filter(isGuestTest), atOnce: 1 },
  ].filter(({ files }) => files.length > 0);
  if (parts.length === 0) throw new BpfrigError('usage', `selftest: no test file has '${text}' in its path`);
  let ok = true;
  const total = { pass: 0, fail: 0 };
  for (const { files, atOnce } of parts) {
    const seen = await runTestFiles(files, atOnce);
    ok &&= seen.ok;
    total.pass += seen.pass;
    total.fail += seen.fail;
  }
  console.log(`${total.pass} passed, ${total.fail} failed`);
  return ok ? EXIT.ok : EXIT.red;
}

const DIST = join(PACKAGE_ROOT, 'dist');

/** Runs test files under node's test runner, which prints its report; `ok` is its exit status, the counts are those of its summary. */
async function runTestFiles(
  files: readonly string[],
  atOnce: number,
): Promise<{ ok: boolean; pass: number; fail: number }> {
  const options = ['--enable-source-maps', '--test', `--test-concurrency=${atOnce}`, '--test-reporter=spec'];
  const { exitCode, stdout } = await execa(
    process.execPath,
    [...options, ...files.map(name => join(DIST, name))],
    {
      cwd: PACKAGE_ROOT,
      stdin: 'inherit',
      stdout: ['inherit', 'pipe'],
      stderr: 'inherit',
      maxBuffer: Infinity,
      reject: false,
    },
  );
  const count = (word: string): number =>
    Number(new RegExp(`^. ${word} (\\d+)$`, 'mu').exec(stripVTControlCharacters(stdout))?.[1] ?? 0);
  return { ok: exitCode === 0, pass: count('pass'), fail: count('fail') };
}

/** Injects faults into the real program. What was seen of those that it took wrongly is kept in `results/faults/`. */
async function injectFaults(word: string | null, shard: Shard | null): Promise<number> {
  const faults = chooseFaults(word, shard);
  if (faults.length === 0) throw new BpfrigError('usage', `selftest: no fault has '${word}' in its name`);
  const keepIn = join(resultsRoot({ root: PACKAGE_ROOT }), 'faults');
  const wrong = await runFaults(faults, { print: line => console.log(line), onProgress, keepIn });
  return wrong === 0 ? EXIT.ok : EXIT.red;
}

function isGuestTest(name: string): boolean {
  return name.endsWith('.guest.test.js');
}
