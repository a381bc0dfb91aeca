import t from 'tap';
import { AgentError } from './agent-error.ts';
import { makeReady, whyUncounted } from './make-ready.ts';
import type { RunningGuest } from './running-guest.ts';
import type { Wiring } from './topology.ts';

const WIRING: Wiring = { arch: 'amd64', topology: 'veth', ends: ['tx', 'rx'], queues: 1, cpus: 4 };

const REFUSED = {
  kind: 'agent',
  errno: null,
  code: 0,
  where: 'bpf_object__load',
  message: 'libbpf cannot load /bpf/observers.bpf.o',
  log: null,
} as const;

/** A guest whose agent answers, or throws. Returns what was asked of it, too. */
function guestOf(answers: Readonly<Record<string, (args: never) => unknown>>) {
  const asked: { op: string; argv?: readonly string[] }[] = [];
  const answer = (op: string, args: object): unknown => {
    asked.push({ op, ...args });
    return answers[op]?.(args as never) ?? DEFAULTS[op]?.(args as never) ?? {};
  };
  const guest = {
    ready: {},
    call: async (op: string, args: { requests?: readonly { op: string }[] }) =>
      op === 'batch'
        ? { answers: args.requests?.map(one => ({ ok: answer(one.op, one) })) }
        : answer(op, args),
  } as unknown as RunningGuest;
  return { guest, asked };
}

const DEFAULTS: Readonly<Record<string, (args: never) => unknown>> = {
  probes: () => ({ probes: {}, untried: {} }),
  kmsg: () => ({ seq: 7, lines: [] }),
  exec: ({ argv }: { argv: readonly string[] }) => ({
    status: 0,
    stdout: argv.join(' ').includes('/proc/sys/net') ? 'core\nipv4\nipv6\n' : '',
    stderr: '',
  }),
  // /proc/uptime, which a right clock advances.
  read_file: () => ({ data: `${performance.now() / 1000} 0\n` }),
};

t.test('a guest in which nothing can be counted is ready for whoever counts nothing', async t => {
  const counting = guestOf({});
  t.match(await makeReady(counting.guest, WIRING, { witness: [] }), { logStart: 7, uncounted: null });
  const { guest } = guestOf({
    observers_start: () => {
      throw new AgentError('observers_start', REFUSED);
    },
  });
  t.match(await makeReady(guest, WIRING, { witness: [] }), {
    uncounted: /^this guest cannot count what its kernel does: observers_start: .*observers\.bpf\.o/,
  });
});

t.test('devices are silent with and without IPv6', async t => {
  const words = async (net: string): Promise<string> => {
    const { guest, asked } = guestOf({
      exec: ({ argv }: { argv: readonly string[] }) => ({
        status: 0,
        stdout: argv.join(' ').includes('/proc/sys/net') ? net : '',
        stderr: '',
      }),
    });
    await makeReady(guest, WIRING, { witness: [] });
    return (
      asked.map(({ argv = [] }) => argv.join(' ')).find(text => text.startsWith('ip link set dev rx')) ?? ''
    );
  };
  t.equal(await words('core\nipv6\n'), 'ip link set dev rx arp off multicast off addrgenmode none up');
  t.equal(await words('core\nipv4\n'), 'ip link set dev rx arp off multicast off up');
});

t.test('a kernel without a driver, or that is locked down, does nothing wrong', async t => {
  const failing = (stderr: string, log = '') =>
    makeReady(
      guestOf({
        exec: ({ argv }: { argv: readonly string[] }) => ({
          status: argv[0] === 'ip' ? 2 : 0,
          stdout: argv.join(' ').includes('modules.log') ? log : '',
          stderr,
        }),
      }).guest,
      WIRING,
      { witness: [] },
    );
  await t.rejects(failing('Error: Unknown device type.'), { code: 'harness', message: /of this kernel/ });
  await t.rejects(failing('RTNETLINK answers: File exists'), { code: 'topology' });
  const log =
    'bpfrig-agent: cannot load /modules/veth.ko: Operation not permitted\nveth: Lockdown: bpfrig-agent: unsigned module loading is restricted\n';
  await t.rejects(failing('Cannot find device "tx"', log), { code: 'harness', message: /Lockdown: / });
});

t.test('what libbpf did not find in the kernel is named', async t => {
  const why = (log: string | null) =>
    whyUncounted(
      new AgentError('observers_start', { ...REFUSED, message: `${REFUSED.message}: No such process`, log }),
    );
  const plain =
    'this guest cannot count what its kernel does: observers_start: bpf_object__load: libbpf cannot load /bpf/observers.bpf.o: No such process';
  t.equal(why(null), plain);
  t.equal(why('libbpf: loading something\n'), plain);
  t.equal(
    why(
      "libbpf: prog 'on_enqueue': failed to find kernel BTF type ID of 'xdp_cpumap_enqueue': -ESRCH\nlibbpf: failed to load object",
    ),
    `${plain} (prog 'on_enqueue': failed to find kernel BTF type ID of 'xdp_cpumap_enqueue': -ESRCH)`,
  );
});
