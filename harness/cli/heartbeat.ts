import { createLiveBoard } from '../report/live-board.ts';
import type { LastDurations } from '../run/shard.ts';
import type { EventLog } from '../run/event-log.ts';

/** CIs end a job that prints nothing for minutes, and people who watch its log get worried sooner. */
const EVERY_MS = 30_000;

/** Reports the progress of a run on stderr every 30 s, where no live board shows it. Returns the function that stops it. */
export function startHeartbeat(
  eventLog: EventLog,
  last: LastDurations,
  everyMs: number = EVERY_MS,
): () => void {
  const board = createLiveBoard({ color: false, lastMs: id => last.get(id) });
  eventLog.listen('progress', event => board.onEvent(event));
  const timer = setInterval(() => {
    const line = board.line(Date.now());
    if (line !== '') process.stderr.write(`bpfrig: ${line}\n`);
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
