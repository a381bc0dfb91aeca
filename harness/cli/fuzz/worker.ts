import { parentPort, workerData } from 'node:worker_threads';
import { batchOf } from './batch.ts';
import { faultOf } from './run-input.ts';
import type { FuzzTargetName } from './targets.ts';

/** What a worker is to do: inputs `from` to `to` of each batch, and where it says how far it is. */
export interface FuzzWork {
  readonly target: FuzzTargetName;
  readonly seed: number;
  readonly batches: number;
  readonly batchSize: number;
  /** Number of the input with which it begins. */
  readonly from: number;
  /** One number: of the input that is being read. */
  readonly progress: Int32Array;
}

const { target, seed, batches, batchSize, from, progress } = workerData as FuzzWork;
for (let number = from; number < batches * batchSize;) {
  const batch = Math.floor(number / batchSize);
  const inputs = batchOf(target, seed, batch, batchSize);
  for (; number < (batch + 1) * batchSize; number += 1) {
    Atomics.store(progress, 0, number);
    const fault = await faultOf(target, inputs[number % batchSize] ?? Buffer.alloc(0));
    if (fault !== null) parentPort?.postMessage({ number, fault });
  }
}
