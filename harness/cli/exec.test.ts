import t from 'tap';
import { program } from './program.ts';

t.test("what follows the command's name is the command's", async t => {
  const command = program().commands.find(one => one.name() === 'exec');
  let words: readonly string[] = [];
  command?.action((argv: readonly string[]) => void (words = argv));
  await command?.parent?.parseAsync(['exec', '--kernel', '7.3', 'uname', '-r', '--kernel'], { from: 'user' });
  t.same(words, ['uname', '-r', '--kernel']);
});

t.test('a wrong use of exec is found before a guest boots', async t => {
  for (const [args, message] of [
    [['--', 'true'], /--kernel says which; `all` is every series/],
    [['--kernel', '7.3', '--append', 'panic=5', '--', 'true'], /`panic=5` cannot be set/],
    [['--kernel', '7.3', '--file', 'a:b:c', '--', 'true'], /must be a path, or two with a colon/],
    [['--kernel', '7.3', '--timeout', '2 h', '--', 'true'], /up to 60 min/],
    [['--kernel', '7.3', '--env', '1=2', '--', 'true'], /must be NAME=VALUE/],
    [['--kernel', '7.3', '--cpus', '65', '--', 'true'], /cpus/],
  ] as const) {
    const command = program();
    for (const one of command.commands) one.configureOutput({ writeErr: () => undefined });
    await t.rejects(command.parseAsync(['exec', ...args], { from: 'user' }), { message }, args.join(' '));
  }
});
