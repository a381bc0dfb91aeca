import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Command, Option } from 'commander';
import { PACKAGE_ROOT } from '../../util/paths.ts';
import { positiveInteger } from '../run-options.ts';
import { batchOf } from './batch.ts';
import { FUZZ_TARGETS, type FuzzTargetName } from './targets.ts';
import type { FuzzWork } from './worker.ts';

/** Longest time for one input, in milliseconds: readers take microseconds, an expression ends after two seconds. */
const INPUT_MS = 10_000;
const LOOK_MS = 500;
const BATCH = 200;
/** A reader that needs more for a few kilobytes is broken. */
const HEAP_MIB = 512;
/** Findings of one parser after which it is left alone. */
const MOST_FINDINGS = 20;

interface Finding {
  readonly number: number;
  readonly fault: string;
}

/** Feeds inputs to one parser in a worker, which is ended and begun anew behind an input that hangs or takes all memory. */
async function fuzz(target: FuzzTargetName, seed: number, count: number): Promise<Finding[]> {
  const batches = Math.ceil(count / BATCH);
  const progress = new Int32Array(new SharedArrayBuffer(4));
  const findings: Finding[] = [];
  for (let from = 0; from < batches * BATCH && findings.length < MOST_FINDINGS;) {
    const end = await watch({ target, seed, batches, batchSize: BATCH, from, progress }, findings);
    if (end === null) return findings;
    findings.push({ number: progress[0] ?? 0, fault: end });
    from = (progress[0] ?? 0) + 1;
  }
  return findings;
}

/** Runs one worker to its end. Returns null when it did all, otherwise why it ended. */
async function watch(work: FuzzWork, findings: Finding[]): Promise<string | null> {
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    workerData: work,
    // The YAML reader warns of what is odd in a file.
    execArgv: ['--no-warnings', '--enable-source-maps'],
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
  });
  let resolve: (end: string | null) => void = () => undefined;
  const ended = new Promise<string | null>(settle => (resolve = settle));
  let [at, since] = [-1, performance.now()];
  const timer = setInterval(() => {
    const now = work.progress[0] ?? 0;
    if (now !== at) [at, since] = [now, performance.now()];
    if (performance.now() - since > INPUT_MS) resolve(`no end within ${INPUT_MS} ms`);
    if (findings.length >= MOST_FINDINGS) resolve('too many findings');
  }, LOOK_MS);
  worker.on('message', (finding: Finding) => findings.push(finding));
  worker.on('error', (error: Error) => resolve(error.stack ?? error.message));
  worker.on('exit', code => resolve(code === 0 ? null : `the worker ended with ${code}`));
  const end = await ended;
  clearInterval(timer);
  await worker.terminate();
  return end;
}

/** Keeps what was found, so that it can become a regression test. */
function keep(target: FuzzTargetName, seed: number, { number, fault }: Finding): string {
  const folder = join(PACKAGE_ROOT, 'results', 'fuzz');
  mkdirSync(folder, { recursive: true });
  const input = batchOf(target, seed, Math.floor(number / BATCH), BATCH)[number % BATCH];
  const path = join(folder, `${target}-${seed}-${number}`);
  writeFileSync(path, input ?? '');
  return `${target}: input ${number} of seed ${seed} (${path}): ${fault.split('\n').slice(0, 4).join(' | ')}`;
}

const names = Object.keys(FUZZ_TARGETS) as FuzzTargetName[];
const { inputs, seed, parser } = new Command('fuzz')
  .description('Feeds changed samples and made-up inputs to every parser of what guests and files say.')
  .option('--inputs <n>', 'inputs of all parsers together', positiveInteger, 1_000_000)
  .option('--seed <n>', 'the same seed gives the same inputs', positiveInteger, 1)
  .addOption(new Option('--parser <name>', 'only this one').choices(names))
  .parse()
  .opts<{ inputs: number; seed: number; parser?: FuzzTargetName }>();
const chosen = parser === undefined ? names : [parser];
const weights = chosen.reduce((sum, name) => sum + FUZZ_TARGETS[name].weight, 0);
let [total, bad] = [0, 0];
for (const name of chosen) {
  const count = Math.ceil(((inputs / weights) * FUZZ_TARGETS[name].weight) / BATCH) * BATCH;
  const began = performance.now();
  const findings = await fuzz(name, seed, count);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  total += count;
  bad += findings.length;
  console.log(`${name}: ${count} inputs in ${seconds} s, ${findings.length} findings`);
  for (const finding of findings) console.log(`  ${keep(name, seed, finding)}`);
}
console.log(`${total} inputs, ${bad} findings`);
process.exitCode = bad === 0 ? 0 : 1;
