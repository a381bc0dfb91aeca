import t from 'tap';
import { leaveSignals, onInterrupt } from './interrupt.ts';

t.test('signals that are left are left: only the caller ends such a session', async t => {
  const before = process.listenerCount('SIGINT');
  const controller = new AbortController();
  {
    using interrupt = leaveSignals(controller.signal);
    t.equal(process.listenerCount('SIGINT'), before);
    t.notOk(interrupt.signal.aborted);
    controller.abort();
    t.ok(interrupt.signal.aborted);
    t.equal(interrupt.endedBy(), null);
    using alone = leaveSignals(undefined);
    t.notOk(alone.signal.aborted);
  }
  {
    using _taken = onInterrupt(() => undefined);
    t.equal(process.listenerCount('SIGINT'), before + 1);
  }
  t.equal(process.listenerCount('SIGINT'), before);
});
