import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import PQueue from 'p-queue';
import { onInterrupt } from '../run/interrupt.ts';
import { hostPressure } from '../util/host-pressure.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import type { Fault, Seen } from './fault.ts';
import { complaintsOf } from './judge-fault.ts';
import { runFault } from './run-fault.ts';
import { seedCache } from './seed-cache.ts';

/** Faults that run at once. Each boots at most one guest at a time. */
const AT_ONCE = 2;

/** What the suite reports to: one line for each fault, and the end. */
export interface SuiteOptions {
  readonly print: (line: string) => void;
  readonly onProgress: (line: string) => void;
  /** Where the output of faults that bpfrig took wrongly is kept; null: nowhere. */
  readonly keepIn: string | null;
}

/**
 * Injects every fault and returns how many bpfrig took wrongly. Ctrl-C and SIGTERM end it in order: what runs is killed, and nothing is left.
 * Throws `harness` then, and when a scenario does not end as it states without a fault.
 */
export async function runFaults(faults: readonly Fault[], options: SuiteOptions): Promise<number> {
  using interrupt = onInterrupt(options.onProgress);
  using seed = await seedCache(options.onProgress, interrupt.signal);
  const queue = new PQueue({ concurrency: AT_ONCE });
  const times: { readonly name: string; readonly seconds: number }[] = [];
  let wrong = 0;
  const one = async (fault: Fault): Promise<void> => {
    if (interrupt.signal.aborted) return;
    const slowdown = hostPressure();
    const seen = await runFault(fault, seed.dir, slowdown, interrupt.signal).catch(failedInjection);
    if (interrupt.signal.aborted) return;
    const complaints = typeof seen === 'string' ? [seen] : complaintsOf(fault, seen, slowdown);
    if (complaints.length > 0) wrong += 1;
    if (typeof seen === 'string') return options.print(`NOT OK  ${fault.name}  ${seen}`);
    times.push({ name: fault.name, seconds: seen.seconds });
    if (complaints.length > 0 && options.keepIn !== null) keep(options.keepIn, fault, seen, complaints);
    options.print(line(fault, seen, complaints));
  };
  await Promise.all(faults.map(fault => queue.add(() => one(fault))));
  if (interrupt.signal.aborted) throw new BpfrigError('harness', 'the fault suite was ended by a signal');
  options.print(summary(faults.length, wrong, times));
  return wrong;
}

function failedInjection(error: unknown): string {
  return `the fault could not be injected: ${messageOf(error)}`;
}

function line(fault: Fault, seen: Seen, complaints: readonly string[]): string {
  const verdict = [...new Set(seen.verdicts)].join('+') || '-';
  const facts = `${fault.name.padEnd(40)} ${verdict.padEnd(6)} exit ${String(seen.exit).padEnd(3)} ${seen.seconds.toFixed(1).padStart(6)} s`;
  return complaints.length === 0 ? `ok      ${facts}` : `NOT OK  ${facts}  ${complaints.join('; ')}`;
}

function summary(count: number, wrong: number, times: readonly { name: string; seconds: number }[]): string {
  const sorted = times.toSorted((a, b) => a.seconds - b.seconds);
  const middle = sorted[Math.floor(sorted.length / 2)];
  const slowest = sorted.at(-1);
  const time =
    middle === undefined || slowest === undefined
      ? ''
      : `; time to verdict: median ${middle.seconds.toFixed(1)} s, slowest ${slowest.seconds.toFixed(1)} s (${slowest.name})`;
  return `${count} faults, ${count - wrong} taken rightly, ${wrong} wrongly${time}`;
}

function keep(folder: string, fault: Fault, seen: Seen, complaints: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${fault.name.replaceAll('/', '.')}.txt`);
  writeFileSync(file, `${fault.name}: ${fault.injected}\n${complaints.join('\n')}\n\n${seen.text}\n`);
}
