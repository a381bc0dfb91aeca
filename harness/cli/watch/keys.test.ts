import t from 'tap';
import { Inbox, type WatchCommand } from './inbox.ts';
import { commandOf, TypedKeys } from './keys.ts';

t.test('a line is a command', async t => {
  t.strictSame(commandOf(''), { kind: 'all' });
  t.strictSame(commandOf('a'), { kind: 'all' });
  t.strictSame(commandOf('f'), { kind: 'failed' });
  t.strictSame(commandOf('/spread'), { kind: 'filter', text: 'spread' });
  t.strictSame(commandOf('/'), { kind: 'filter', text: '' });
  t.strictSame(commandOf('q'), { kind: 'quit' });
  t.equal(commandOf('what?'), null);
});

t.test('a terminal sends keys, and a filter key by key', async t => {
  const commands: (WatchCommand | null)[] = [];
  let [shown, interrupts] = ['', 0];
  const keys = new TypedKeys(
    text => (shown += text),
    command => commands.push(command),
    () => (interrupts += 1),
  );
  keys.type('fx\r');
  t.strictSame(commands.splice(0), [{ kind: 'failed' }, null, { kind: 'all' }]);
  keys.type('\x1b[A\x1bOP\x1b[15~');
  t.strictSame(commands, [], 'arrows and function keys are no keys of its own');
  // `q` and `f` are letters of the filter.
  keys.type('/qf');
  keys.type('x\x7f\r');
  t.strictSame(commands.splice(0), [{ kind: 'filter', text: 'qf' }]);
  t.equal(shown, 'filter: qfx\b \b\n');
  keys.type('/abc\x1bq');
  t.strictSame(commands, [{ kind: 'quit' }], 'Escape leaves the filter as it was');
  keys.type('\x03');
  t.equal(interrupts, 1);
});

t.test('what comes at once is taken at once', async t => {
  const inbox = new Inbox();
  const taken = inbox.take();
  inbox.put({ kind: 'changed', file: '/a' });
  setTimeout(() => inbox.put({ kind: 'changed', file: '/b' }), 20);
  t.strictSame(await taken, [
    { kind: 'changed', file: '/a' },
    { kind: 'changed', file: '/b' },
  ]);
  inbox.put({ kind: 'quit' });
  await inbox.arrived();
  t.strictSame(await inbox.take(), [{ kind: 'quit' }]);
});
