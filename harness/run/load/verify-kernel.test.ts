import t from 'tap';
import { AgentError } from '../../guest/agent-error.ts';
import type { OpAnswer, OpName } from '../../guest/protocol.ts';
import type { Testbed } from '../../guest/testbed.ts';
import type { Kernel } from '../../model/kernel.ts';
import { BpfrigError } from '../../util/errors.ts';
import { GuestFailure } from '../../vm/failure.ts';
import { verifyOn, type LoadWork } from './verify-kernel.ts';

// Which programs are asked for, and what becomes of them when guests are lost. What real guests answer is in cli/load.guest.test.ts.

const KERNEL = { id: '6.12' } as Kernel;

function work(...names: string[]): LoadWork[] {
  const programs = names.map(name => ({ name, section: 'xdp', autoload: true, insns: 1, maps: [] }));
  const contents = {
    label: 'fw.o',
    littleEndian: true,
    license: null,
    programs,
    maps: [],
    globals: [],
    kconfig: [],
    kernelTypes: null,
    btf: null,
  };
  return [{ object: { file: { name: 'fw.o', path: '/fw.o', named: true }, contents, data: '' }, programs }];
}

const LOADED: OpAnswer<'verify'> = {
  failure: null,
  insns: 2,
  type: 6,
  attach_type: 0,
  verified_insns: 2,
  xlated_bytes: 16,
  jited_bytes: 16,
  stats: '',
  log: '',
  printed: '',
};

interface Script {
  /** What happens when a program is loaded; absent: it is loaded. */
  readonly on?: Readonly<Record<string, () => never>>;
  readonly open?: () => never;
  readonly types?: Readonly<Record<string, string>>;
  readonly start?: () => never;
}

async function outcomes(names: readonly string[], script: Script) {
  const asked: string[] = [];
  let guests = 0;
  const call = async (op: OpName, args: { readonly program?: string }): Promise<unknown> => {
    if (op === 'verify_object') {
      script.open?.();
      const programs = names.map(name => ({
        name,
        section: 'xdp',
        type: script.types?.[name] ?? 'xdp',
        autoload: true,
      }));
      return { programs };
    }
    asked.push(args.program ?? op);
    script.on?.[args.program ?? '']?.();
    return LOADED;
  };
  const start = async (): Promise<Testbed> => {
    guests += 1;
    script.start?.();
    return { dut: { call }, [Symbol.asyncDispose]: async () => undefined } as unknown as Testbed;
  };
  const { signal } = new AbortController();
  const shape = { topology: 'none', guest: { cpus: 1, memoryMiB: 512, queues: 1 } } as const;
  const cells = await verifyOn(KERNEL, work(...names), { guests: { start }, shape, signal, onLog: null });
  return { asked, guests, states: cells.map(({ prog_name, state }) => `${prog_name} ${state}`), cells };
}

const panic = (): never => {
  throw new GuestFailure('panic', 'the kernel panicked: Oops', ['one', 'Oops']);
};

t.test('one guest for all programs', async t => {
  const { asked, guests, states } = await outcomes(['a', 'b'], {});
  t.strictSame(asked, ['a', 'b']);
  t.equal(guests, 1);
  t.strictSame(states, ['a loaded', 'b loaded']);
});

t.test('a guest that is lost takes one program with it', async t => {
  const { guests, states, cells } = await outcomes(['a', 'bad', 'c'], { on: { bad: panic } });
  t.strictSame(states, ['a loaded', 'bad crashed', 'c loaded']);
  t.equal(guests, 2);
  t.match(cells[1], { reason: 'the kernel panicked: Oops', lines: ['one', 'Oops'] });
});

t.test(
  'after three lost guests the others are not tried, and the host’s losses are not the kernel’s',
  async t => {
    const infra = (): never => {
      throw new GuestFailure('infra', 'QEMU was killed', []);
    };
    const { guests, states } = await outcomes(['a', 'b', 'c', 'd'], { on: { a: infra, b: panic, c: panic } });
    t.strictSame(states, ['a lost', 'b crashed', 'c crashed', 'd lost']);
    t.equal(guests, 3);
  },
);

t.test('no guest, no answer', async t => {
  const start = (): never => {
    throw new BpfrigError('infra', 'no room');
  };
  const { states, cells } = await outcomes(['a', 'b'], { start });
  t.strictSame(states, ['a lost', 'b lost']);
  t.equal(cells[0]?.reason, 'no room');
});

t.test('types that need a loader of their own are not asked for', async t => {
  const { asked, states } = await outcomes(['a', 'slot', 'odd'], { types: { slot: 'ext', odd: 'unspec' } });
  t.strictSame(asked, ['a']);
  t.strictSame(states, ['a loaded', 'slot skipped', 'odd skipped']);
});

t.test('an object that libbpf cannot open', async t => {
  const open = (): never => {
    const failure = {
      kind: 'agent',
      errno: null,
      code: 0,
      where: 'bpf_object__open_mem',
      message: 'no',
    } as const;
    throw new AgentError('verify_object', { ...failure, log: 'libbpf: elf: legacy map definitions\n' });
  };
  const { asked, cells } = await outcomes(['a', 'b'], { open });
  t.strictSame(asked, []);
  t.match(cells, [{ state: 'unloadable', reason: 'elf: legacy map definitions' }, { state: 'unloadable' }]);
});

t.test('what the agent cannot do costs no guest', async t => {
  const full = (): never => {
    const failure = {
      kind: 'agent',
      errno: null,
      code: 0,
      where: 'malloc',
      message: 'no memory for a log',
    } as const;
    throw new AgentError('verify', { ...failure, log: null });
  };
  const { guests, states, cells } = await outcomes(['a', 'b'], { on: { a: full } });
  t.strictSame(states, ['a lost', 'b loaded']);
  t.equal(guests, 1);
  t.match(cells[0]?.reason, /no memory for a log/);
});
