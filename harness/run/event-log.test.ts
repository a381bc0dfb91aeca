import t from 'tap';
import type { RunEvent } from '../model/events.ts';
import { EventLog } from './event-log.ts';

const END = {
  type: 'run-end',
  counts: { panic: 0, hang: 0, fail: 0, fixed: 0, error: 0, infra: 0, known: 0, skip: 0, pass: 1 },
  unfinished: [],
  interrupted: false,
  durationMs: 1,
  exitCode: 0,
} as const;

t.test('a listener that throws is left out; the others learn of it, and the run is not green', async t => {
  const lines: string[] = [];
  const log = new EventLog(text => lines.push(text));
  const seen: RunEvent[] = [];
  let calls = 0;
  log.listen('a file', () => {
    calls += 1;
    throw new Error('no space left');
  });
  log.listen('another', event => seen.push(event));
  t.equal(log.codeOf(0), 0);
  log.emit({ type: 'cell-start', cell: 'x' });
  log.emit({ type: 'cell-start', cell: 'y' });
  t.equal(calls, 1);
  t.same(lines, ['a file: no space left']);
  t.match(seen, [
    { type: 'cell-start', cell: 'x' },
    { type: 'note', level: 'warning', text: 'not everything is kept: a file: no space left' },
    { type: 'cell-start', cell: 'y' },
  ]);
  t.same(
    [0, 4, 3, 1, 130].map(code => log.codeOf(code)),
    [3, 3, 3, 1, 130],
  );
});

t.test('nothing follows the end of a run, not even a failure', async t => {
  const log = new EventLog();
  const seen: string[] = [];
  log.listen('seen', event => seen.push(event.type));
  log.emit(END);
  log.fail('a report: no space left');
  t.same(seen, ['run-end']);
  t.equal(log.codeOf(0), 3);
});

t.test('if every listener throws, it ends', async t => {
  const log = new EventLog();
  for (const name of ['a', 'b', 'c']) {
    log.listen(name, () => {
      throw new Error('gone');
    });
  }
  log.emit({ type: 'cell-start', cell: 'x' });
  t.equal(log.failures.length, 3);
});
