import type { ObserverRows, WitnessRows } from '../model/counters.ts';
import type { OpAnswer } from './protocol.ts';

// The agent's tables as the types of the oracle: the boundary between rows of any table and rows that are known by name.

/** The observers' tables, each of which is present. */
export function observerRows({ tables, lost }: OpAnswer<'observers_read'>): ObserverRows {
  const { enqueue = [], kthread = [], redirect = [], exception = [], devmap = [] } = tables;
  return { enqueue, kthread, redirect, exception, devmap, lost } as unknown as ObserverRows;
}

/** The witness's tables, each of which is present. */
export function witnessRows({ kind, tables, lost }: OpAnswer<'witness_read'>): WitnessRows {
  const { enqueue = [], kthread = [] } = tables;
  return { kind, enqueue, kthread, lost } as unknown as WitnessRows;
}
