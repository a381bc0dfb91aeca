import t from 'tap';
import { AgentError } from '../../guest/agent-error.ts';
import { judge } from '../../oracle/judge.ts';
import { scenarioOf, seen } from '../../oracle/made-up.fixture.ts';
import type { ResolvedVariant } from '../../scenario/scenario.ts';
import { ProgramIndex } from '../programs.ts';
import { StepContext, StepFailure, type StepGuest } from './context.ts';
import { settleFaults } from './fault.ts';
import { runSteps } from './run-steps.ts';

/** What FIND_FUNCTIONS of kernel-function.ts prints in the guest. */
const FUNCTIONS = [
  'cpu_map_kthread_run ffffffff81000100 ffffffff810003a0',
  'cpu_map_update_elem ffffffff810003a0 ffffffff81000520',
];
const LEAK_DETECTOR = [
  'kmemleak_scan_thread ffffffff81105000 ffffffff81105080',
  // lib/debugobjects.c has one of that name too.
  '__alloc_object ffffffff81705000 ffffffff81705080',
  '__alloc_object ffffffff81104000 ffffffff81104100',
  '__create_object ffffffff81104100 ffffffff81104300',
];

/** A guest whose files are what was written into them; `refused`: errnos by path. */
function guestWith({
  functions = FUNCTIONS,
  refused = {},
}: { readonly functions?: readonly string[]; readonly refused?: Readonly<Record<string, string>> } = {}) {
  const files = new Map<string, string>();
  const written: string[] = [];
  const refuse = (path: string): void => {
    const errno = refused[path];
    if (errno === undefined) return;
    const failure = { kind: 'kernel', errno, code: 1, where: 'open', message: path, log: null } as const;
    throw new AgentError('write_file', failure);
  };
  const guest = {
    hello: { cpus_possible: [0, 1] },
    call: async (op: string, args: { readonly path: string; readonly data: string }) => {
      if (op === 'exec') return { status: 0, stdout: functions.join('\n'), stderr: '' };
      refuse(args.path);
      if (op === 'read_file') return { data: `${files.get(args.path) ?? ''}\n` };
      files.set(args.path, args.data);
      written.push(`${args.path.slice('/sys/kernel/'.length)} ${args.data}`);
      return {};
    },
  } as unknown as StepGuest;
  return { ctx: new StepContext(guest, new ProgramIndex([]), 'veth'), files, written };
}

const TIMES = '/sys/kernel/debug/failslab/times';

function variantOf(steps: readonly string[], expect = 'sent == 0'): ResolvedVariant {
  const [variant] = scenarioOf(`
title: t
source: s
setup:
${steps.map(step => `  - ${step}`).join('\n')}
expect: [${JSON.stringify(expect)}]
`).variants;
  if (variant === undefined) throw new Error('no variant');
  return variant;
}

const stepsOf = (...steps: string[]) => variantOf(steps).setup;

t.test('a fault is armed by its last write, and looks only at its function', async t => {
  const { ctx, files, written } = guestWith();
  await runSteps(ctx, stepsOf('fault: { of: slab, in: cpu_map_update_elem, nth: 3 }'));
  const at = (name: string) => files.get(`/sys/kernel/debug/failslab/${name}`);
  t.equal(written[0], 'debug/failslab/probability 0', 'nothing fails meanwhile');
  t.equal(written.at(-1), 'debug/failslab/probability 100');
  t.same(['require-start', 'require-end', 'reject-start', 'reject-end', 'interval', 'times'].map(at), [
    '0xffffffff810003a0',
    '0xffffffff81000520',
    '0x0',
    '0x0',
    '3',
    '1',
  ]);
  t.same(['ignore-gfp-wait', 'task-filter', 'cache-filter', 'stacktrace-depth'].map(at), [
    'N',
    'N',
    'N',
    '32',
  ]);
});

t.test('pages have an order, and a folder of their own', async t => {
  const { ctx, files } = guestWith();
  await runSteps(ctx, stepsOf('fault: { of: pages, in: cpu_map_update_elem, order: 5, times: 2 }'));
  const at = (name: string) => files.get(`/sys/kernel/debug/fail_page_alloc/${name}`);
  t.same(['min-order', 'ignore-gfp-highmem', 'times', 'cache-filter'].map(at), ['5', 'N', '2', undefined]);
});

t.test(
  "what the leak detector allocates for itself does not count; another file's function is not taken for its own",
  async t => {
    const rows: [readonly string[], string, string][] = [
      [LEAK_DETECTOR, '0xffffffff81104000', '0xffffffff81104100'],
      [LEAK_DETECTOR.slice(0, 2).concat(LEAK_DETECTOR.slice(3)), '0xffffffff81104100', '0xffffffff81104300'],
    ];
    for (const [kernel, start, end] of rows) {
      const { ctx, files } = guestWith({ functions: [...FUNCTIONS, ...kernel] });
      await runSteps(ctx, stepsOf('fault: { of: slab, in: cpu_map_update_elem }'));
      t.equal(files.get('/sys/kernel/debug/failslab/reject-start'), start);
      t.equal(files.get('/sys/kernel/debug/failslab/reject-end'), end);
    }
    const { ctx } = guestWith({ functions: [...FUNCTIONS, ...LEAK_DETECTOR.slice(0, 2)] });
    await t.rejects(runSteps(ctx, stepsOf('fault: { of: slab, in: cpu_map_update_elem }')), {
      code: 'scenario',
      message: /^line 5: fault: the kernel has kmemleak/,
    });
  },
);

t.test('of a cache only: its allocations alone, until another fault chooses others', async t => {
  const { ctx, files, written } = guestWith();
  const cache = '/sys/kernel/slab/skbuff_head_cache/failslab';
  await runSteps(ctx, stepsOf('fault: { of: slab, cache: skbuff_head_cache }'));
  t.equal(files.get(cache), '1');
  t.equal(files.get('/sys/kernel/debug/failslab/cache-filter'), 'Y');
  t.equal(files.get('/sys/kernel/debug/failslab/require-end'), '0xffffffffffffffff', 'whoever calls');
  files.set(TIMES, '0');
  written.splice(0);
  await runSteps(ctx, stepsOf('fault: { of: slab, in: cpu_map_kthread_run }'));
  t.equal(files.get(cache), '0');
  t.equal(files.get('/sys/kernel/debug/failslab/cache-filter'), 'N');
});

t.test('a fault that was not injected fails the cell with its line', async t => {
  const rows: [string, string, string, RegExp | null][] = [
    ['in: cpu_map_kthread_run', '1', '1', /never injected: no slab allocation below cpu_map_kthread_run$/],
    [
      'in: cpu_map_kthread_run, nth: 4',
      '1',
      '1',
      /never injected: fewer than 4 slab allocations below cpu_map/,
    ],
    ['cache: skbuff_head_cache', '1', '1', /never injected: no slab allocation from skbuff_head_cache$/],
    ['in: cpu_map_kthread_run, times: 3', '3', '2', /injected 1 of 3 times: no more slab allocations below/],
    ['in: cpu_map_kthread_run, times: 3', '3', '0', null],
  ];
  for (const [args, times, left, message] of rows) {
    const { ctx, files } = guestWith();
    await runSteps(ctx, stepsOf(`fault: { of: slab, ${args} }`));
    t.equal(files.get(TIMES), times);
    files.set(TIMES, left);
    const settled = settleFaults(ctx);
    if (message === null) await settled;
    else
      await t.rejects(settled, {
        name: StepFailure.name,
        message: new RegExp(`^line 5: fault: ${message.source}`),
      });
    t.equal(
      files.get('/sys/kernel/debug/failslab/probability'),
      '0',
      'whoever looks around afterwards meets none',
    );
    await settleFaults(ctx);
  }
  const { ctx } = guestWith();
  await runSteps(ctx, stepsOf('fault: { of: pages, in: cpu_map_update_elem, order: 3 }'));
  await t.rejects(settleFaults(ctx), {
    message: /no page allocation of order 3 or above below cpu_map_update_elem$/,
  });
});

t.test('all of them are read back, although one was not injected', async t => {
  const { ctx, files } = guestWith();
  const variant = variantOf(
    [
      'fault: { of: slab, in: cpu_map_kthread_run }',
      '{ fault: { of: pages, in: cpu_map_update_elem }, as: f }',
    ],
    'f.injected == 1',
  );
  await runSteps(ctx, variant.setup);
  files.set('/sys/kernel/debug/fail_page_alloc/times', '0');
  await t.rejects(settleFaults(ctx), { message: /^line 5: fault: never injected: no slab allocation/ });
  t.same(ctx.results['f'], { errno: 'OK', injected: 1 });
});

t.test('a new one of the same kind reads the one before back first', async t => {
  const { ctx, files } = guestWith();
  await runSteps(ctx, stepsOf('fault: { of: slab, in: cpu_map_kthread_run }'));
  const pages = 'fault: { of: pages, in: cpu_map_update_elem }';
  await runSteps(ctx, stepsOf(pages));
  await t.rejects(runSteps(ctx, stepsOf('fault: { of: slab, in: cpu_map_update_elem }')), {
    name: StepFailure.name,
    message:
      /^line 5: fault: the one before: line 5: fault: never injected: no slab allocation below cpu_map_kthread_run$/,
  });
  await runSteps(ctx, stepsOf('fault: { of: slab, in: cpu_map_update_elem }'));
  files.set(TIMES, '0');
  await runSteps(ctx, stepsOf('fault: { of: slab, in: cpu_map_kthread_run }'));
  t.equal(files.get(TIMES), '1');
});

t.test(
  'with `as`, how often it was injected is a result, and a rule as long as no expectation reads it',
  async t => {
    const verdictOf = async (expect: string, left: string) => {
      const { ctx, files } = guestWith();
      const variant = variantOf(
        ['{ fault: { of: slab, in: cpu_map_kthread_run, times: 2 }, as: f }'],
        expect,
      );
      await runSteps(ctx, variant.setup);
      t.same(ctx.results['f'], { errno: 'OK' });
      files.set(TIMES, left);
      await settleFaults(ctx);
      const observations = { ...seen({}), steps: ctx.results };
      const kernel = { version: '6.12.1', series: '6.12', arch: 'amd64' as const };
      return judge({ observations, variant, kernel, splats: [], stop: null });
    };
    t.match(await verdictOf('f.injected == 2', '0'), { verdict: 'pass' });
    t.match(await verdictOf('f.injected == 0', '2'), { verdict: 'pass' });
    t.match(await verdictOf('f.injected == 2', '1'), {
      verdict: 'fail',
      reason: /f\.injected == 2 {3}\(1 == 2/,
    });
    t.match(await verdictOf('f.errno == "OK"', '0'), { verdict: 'pass' });
    t.match(await verdictOf('f.errno == "OK"', '2'), {
      verdict: 'fail',
      reason:
        'line 5: fault (as `f`): never injected: no slab allocation below cpu_map_kthread_run, and no expectation reads `f.injected`',
    });
  },
);

t.test('steps that ended before it was read back say nothing of it', async t => {
  const { ctx } = guestWith();
  const variant = variantOf(['{ fault: { of: slab, in: cpu_map_kthread_run }, as: f }'], 'f.errno == "OK"');
  await runSteps(ctx, variant.setup);
  const stop = { kind: 'stumbled', message: 'no map', results: ctx.results } as const;
  const kernel = { version: '6.12.1', series: '6.12', arch: 'amd64' as const };
  t.match(judge({ observations: null, variant, kernel, splats: [], stop }), {
    verdict: 'error',
    reason: 'no map',
  });
});

t.test('what a kernel does not have is a mistake of the scenario, with the remedy', async t => {
  const one = 'fault: { of: slab, in: cpu_map_update_elem }';
  const two = [...FUNCTIONS, 'cpu_map_update_elem ffffffff81800000 ffffffff81800010'];
  const cache = 'fault: { of: slab, cache: bio }';
  const rows: [string, Parameters<typeof guestWith>[0], RegExp][] = [
    [
      'fault: { of: slab, in: cpu_map_updat }',
      {},
      /no function `cpu_map_updat`: it does not exist in this kernel, or/,
    ],
    [
      one,
      { functions: ['? cpu_map_update_elem.isra.0', '? cpu_map_update_elem.cold'] },
      /but `cpu_map_update_elem\.isra\.0`: name/,
    ],
    [one, { functions: two }, /has 2 functions `cpu_map_update_elem`/],
    [
      one,
      { functions: ['cpu_map_update_elem ffffffff81800000 -'] },
      /where `cpu_map_update_elem` ends is unknown/,
    ],
    [
      one,
      { refused: { '/sys/kernel/debug/failslab/probability': 'ENOENT' } },
      /requires: \[fault-injection\]/,
    ],
    [
      one,
      { refused: { '/sys/kernel/debug/failslab/require-start': 'ENOENT' } },
      /requires: \[fault-injection\]/,
    ],
    [cache, { refused: { '/sys/kernel/slab/bio/failslab': 'ENOENT' } }, /no slab cache `bio`/],
    [cache, { refused: { '/sys/kernel/slab/bio/failslab': 'EINVAL' } }, /slab_nomerge/],
  ];
  for (const [step, kernel, message] of rows)
    for (const as of ['', ', as: f']) {
      const { ctx } = guestWith(kernel);
      const { setup } = variantOf([`{ ${step}${as} }`], as === '' ? 'sent == 0' : 'f.injected == 1');
      await t.rejects(runSteps(ctx, setup), {
        code: 'scenario',
        message: new RegExp(`^line 5: fault: .*${message.source}`),
      });
    }
});

t.test(
  'where steps are not known beforehand, a second `nth` of a kind is refused when it is done',
  async t => {
    const { ctx, files } = guestWith();
    await runSteps(ctx, stepsOf('fault: { of: slab, in: cpu_map_update_elem, nth: 2 }'));
    files.set(TIMES, '0');
    await runSteps(ctx, stepsOf('fault: { of: slab, in: cpu_map_update_elem }'));
    files.set(TIMES, '0');
    await t.rejects(runSteps(ctx, stepsOf('fault: { of: slab, in: cpu_map_update_elem, nth: 2 }')), {
      code: 'scenario',
      message: /`nth: 2` after another one of `of: slab`: the kernel goes on counting/,
    });
  },
);
