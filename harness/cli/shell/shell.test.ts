import t from 'tap';
import { program } from '../program.ts';

t.test('a wrong use of shell is found before a guest boots', async t => {
  const scenario = 'scenarios/cpumap/redirect/one-cpu.yaml';
  for (const [args, message] of [
    [[], /required option '--kernel <spec>'/],
    [['--kernel', '7.3', '--variant', 'nic=veth'], /--variant is for a scenario/],
    [[scenario, '--kernel', '7.3', '--nic', 'veth'], /--nic is for a guest without a scenario/],
    [[scenario, '--kernel', '7.3', '--variant', 'nic=vet'], /axis nic has no value 'vet'.*veth/],
    [['absent.yaml', '--kernel', '7.3'], /absent\.yaml/],
    [['--kernel', '7.3', '--append', 'panic=5'], /shell: `panic=5` cannot be set/],
    [['--kernel', '7.3', '--get', 'a:b:c'], /must be a path, or two with a colon/],
    [['--kernel', '7.33'], /7\.33/],
  ] as const) {
    const command = program();
    for (const one of command.commands) one.configureOutput({ writeErr: () => undefined });
    await t.rejects(command.parseAsync(['shell', ...args], { from: 'user' }), { message }, args.join(' '));
  }
});
