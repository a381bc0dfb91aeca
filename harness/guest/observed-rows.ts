import type { ObserverRows, WitnessRows } from '../model/counters.ts';
import { tablesOf } from './interim.ts';
import type { OpAnswer } from './protocol.ts';

// The agent's tables as the types of the oracle: the boundary between rows of any table and rows that are known by name.

/** The observers' tables, each of which is present. */
export function observerRows(answer: OpAnswer<'observers_read'>): ObserverRows {
  const { enqueue = [], kthread = [], redirect = [], exception = [], devmap = [] } = tablesOf(answer);
  return { enqueue, kthread, redirect, exception, devmap, lost: answer.lost } as unknown as ObserverRows;
}

/** The witness's tables, each of which is present. */
export function witnessRows(answer: OpAnswer<'witness_read'>): WitnessRows {
  const { enqueue = [], kthread = [] } = tablesOf(answer);
  return { kind: answer.kind, enqueue, kthread, lost: answer.lost } as unknown as WitnessRows;
}
