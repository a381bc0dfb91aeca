import { createLiveBoard } from '../report/live-board.ts';
import type { LastDurations } from '../run/shard.ts';
import type { EventLog } from '../run/event-log.ts';

/** CIs end a job that says nothing for minutes, and people who watch its log begin to wonder sooner. */
const EVERY_MS = 30_000;

/** Says on stderr every 30 s how far a run is, where no board shows it. The function that it gives ends it. */
export function startHeartbeat(
  eventLog: EventLog,
  last: LastDurations,
  everyMs: number = EVERY_MS,
): () => void {
  const board = createLiveBoard({ color: false, lastMs: id => last.get(id) });
  eventLog.listen(event => board.onEvent(event));
  const timer = setInterval(() => {
    const line = board.line(Date.now());
    if (line !== '') process.stderr.write(`bpfrig: ${line}\n`);
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
