import t from 'tap';
import type { Row, Tables } from '../model/counters.ts';
import type { Observations } from '../model/observations.ts';
import { judge } from './judge.ts';
import type { JudgeInput } from './judge.ts';
import {
  ENTRY_ID,
  enqueue,
  entry,
  kthread,
  main,
  redirected,
  seen,
  source,
  stackRow,
  variantOf,
} from './made-up.fixture.ts';

const KERNEL = { version: '6.12.117', series: '6.12', arch: 'amd64' as const };

/** 20000 frames redirected to CPU 2 and delivered there, all of them. */
const WHOLE: Observations = seen({
  sources: [source(20000)],
  programs: [main({ redirect: 20000 })],
  observers: { redirect: [redirected(20000)], enqueue: [enqueue(20000)], kthread: [kthread(20000)] },
  delivered: 20000,
});

/** The rows of {@link WHOLE} with those of some tables replaced. */
function withTables(tables: Tables) {
  return { tables: { ...WHOLE.observers.tables, ...tables }, lost: 0 };
}

function verdictOf(input: Partial<JudgeInput> & Pick<JudgeInput, 'variant'>) {
  return judge({ observations: WHOLE, kernel: KERNEL, splats: [], stop: null, ...input });
}

t.test('all of it holds: pass, without a reason', async t => {
  const { verdict, reason, ledger } = verdictOf({
    variant: variantOf(['sent == 20000', 'stack.delivered == sent']),
  });
  t.equal(verdict, 'pass');
  t.equal(reason, '');
  t.strictSame(
    ledger?.stages.map(({ name, in: into, residual }) => [name, into, residual]),
    [
      ['wire', 20000, 0],
      ['xdp', 20000, 0],
      ['redirect', 20000, 0],
      ['cpumap', 20000, 0],
      ['kthread', 20000, 0],
      ['entry', 20000, 0],
      ['stack', 20000, 0],
    ],
  );
});

t.test('a program that loses one frame in a hundred fails, whatever the expectations say', async t => {
  const observations = seen({
    sources: [source(20000)],
    programs: [main({ redirect: 19800, drop: 200 })],
    observers: { redirect: [redirected(19800)], enqueue: [enqueue(19800)], kthread: [kthread(19800)] },
    delivered: 19800,
  });
  const blind = verdictOf({ observations, variant: variantOf(['sent == 20000', 'cpumap.ring_full == 0']) });
  t.equal(blind.verdict, 'fail');
  t.equal(blind.reason, 'ledger: stage xdp lost 200 of 20000 packets (xdp.drop), which no expectation names');
  const named = verdictOf({ observations, variant: variantOf(['xdp.drop == 200']) });
  t.equal(named.verdict, 'pass', 'an author who names the loss has said that it is right');
});

t.test('packets that vanish between two counts are a residual', async t => {
  const rows = [
    { lost: 'kthread', observers: { kthread: [kthread(19999)] }, stages: ['kthread', 'stack'] },
    { lost: 'enqueue', observers: { enqueue: [enqueue(19990)] }, stages: ['cpumap', 'kthread'] },
    { lost: 'redirect', observers: { redirect: [redirected(19000)] }, stages: ['redirect', 'cpumap'] },
  ];
  for (const { lost, observers, stages } of rows) {
    const observations = { ...WHOLE, observers: withTables(observers) };
    const { verdict, reason, ledger } = verdictOf({ observations, variant: variantOf(['sent == 20000']) });
    t.equal(verdict, 'fail', lost);
    t.match(reason, /^ledger: stage /);
    t.strictSame(
      ledger?.stages.filter(({ residual }) => residual !== 0).map(({ name }) => name),
      stages,
      lost,
    );
  }
});

t.test('a failed expectation prints its values', async t => {
  const { verdict, reason, expectations } = verdictOf({
    variant: variantOf([
      'kthread.xdp_drop == cpumap.accepted',
      'sent == 20000 && cpumap.offered + 1 == sent',
    ]),
  });
  t.equal(verdict, 'fail');
  t.equal(
    reason,
    'kthread.xdp_drop == cpumap.accepted   (0 == 20000); ' +
      'sent == 20000 && cpumap.offered + 1 == sent   (20000 + 1 == 20000, that is 20001 == 20000)',
  );
  t.strictSame(
    expectations.map(({ line }) => line),
    [6, 6],
  );
});

t.test('an expectation that cannot be evaluated is an error, never false or true', async t => {
  const more = 'after: [{ as: look, lookup: { map: cpus, key: 2 } }]';
  const observations = { ...WHOLE, steps: { look: { errno: 'OK', qsize: 512 } } };
  const rows: [string, string, RegExp | string][] = [
    ['look.qsize == 512', 'pass', ''],
    ['look.qsize == int(variant.qsise)', 'error', /unknown name `variant\.qsise`/],
    ['variant.qsise == "x" || sent == 20000', 'error', /unknown name/],
    ['sent == 20000 || variant.qsise == "x"', 'error', /unknown name/],
    ['look.prog_id == 7', 'fail', /^look\.prog_id == 7   \(look has no `prog_id`; lookup in line 7\)/],
    ['look.qsize == 512 || look.prog_id == 7', 'pass', ''],
    ['log[0].contains("x")', 'fail', /log has 0 items/],
    ['look.errno == 0', 'error', /compares string with number/],
    ['has(look.prog_id) || sent == 20000', 'pass', ''],
    ['cpumap.cpu["3"].accepted == 0 && cpumap.cpu["2"].accepted == sent', 'pass', ''],
    ['kernel.at_least("6.1") && !kernel.at_least("6.13") && sent == 20000', 'pass', ''],
    ['sum(stack.cpu) == 20000 && xdp.redirect_errs.ENOSPC == 0', 'pass', ''],
    ['log.all(line, !line.contains("WARN"))', 'pass', ''],
  ];
  for (const [expr, verdict, reason] of rows) {
    const judged = verdictOf({ observations, variant: variantOf([expr, 'look.errno == "OK"'], { more }) });
    t.equal(judged.verdict, verdict, expr);
    t.match(judged.reason, reason, expr);
  }
});

t.test('what a refused step would have given is the kernel’s fault, not the scenario’s', async t => {
  const more = 'after: [{ as: look, next_key: { map: cpus, key: 1 } }]';
  const observations = { ...WHOLE, steps: { look: { errno: 'ENOENT', where: 'bpf', log: '' } } };
  const judged = verdictOf({ observations, variant: variantOf(['look.key == 2'], { more }) });
  t.match(judged, {
    verdict: 'fail',
    reason: /^look\.key == 2   \(look was refused: ENOENT; next_key in line 7\)/,
  });
});

t.test('splats and refused steps fail a cell whose counts are right', async t => {
  const variant = variantOf(['sent == 20000']);
  t.match(verdictOf({ variant, splats: ['WARNING: CPU: 1 at kernel/bpf/cpumap.c:105'] }), {
    verdict: 'fail',
    reason: 'kernel splat: WARNING: CPU: 1 at kernel/bpf/cpumap.c:105',
  });
  const message = 'line 4: update: the kernel refused bpf: ENOMEM';
  const refused = {
    variant,
    observations: null,
    stop: { kind: 'contradicted', message, results: {} },
  } as const;
  t.match(verdictOf(refused), { verdict: 'fail', reason: message, counters: {} });
});

t.test(
  'lost observations are the harness’s: an error, unless the kernel was wrong in what does not rest on them',
  async t => {
    const variant = variantOf(['cpumap.accepted == sent', 'stack.delivered == sent']);
    const less = withTables({ redirect: [redirected(19997)], enqueue: [enqueue(19997)] });
    const lost = { ...WHOLE, observers: { ...less, lost: 3 } };
    t.match(verdictOf({ variant, observations: lost }), {
      verdict: 'error',
      reason: /^witness: observers lost 3 events: the counts are void$/,
    });
    const missing = { ...lost, stack: [] };
    t.match(verdictOf({ variant, observations: missing }), {
      verdict: 'fail',
      reason: /^stack\.delivered == sent   \(0 == 20000\); witness: observers lost 3/,
    });
    t.match(verdictOf({ variant, observations: lost, splats: ['BUG: x'] }), { verdict: 'fail' });
    const arrivals = { count: 10, distinct: 10, min: 0, max: 9, inversions: 0, mod8: [], list: [], lost: 5 };
    const ofLog = variantOf(['stack.seq.distinct == sent']);
    t.match(verdictOf({ variant: ofLog, observations: { ...WHOLE, arrivals } }), {
      verdict: 'error',
      reason: /^the log of arrivals had no room for 5 packets/,
    });
    const ofKernelLog = variantOf(['!log.exists(line, line.contains("WARN"))', 'sent == 20000']);
    t.match(verdictOf({ variant: ofKernelLog, observations: { ...WHOLE, logLost: 2 } }), {
      verdict: 'error',
      reason: /^the kernel overwrote 2 lines of its log/,
    });
    const ofCounts = verdictOf({ variant, observations: { ...WHOLE, logLost: 2 } });
    t.equal(ofCounts.verdict, 'pass', 'nothing speaks of the log');
  },
);

t.test(
  'redirects that a preempted observer missed are those that the programs returned, if it is clear where they went',
  async t => {
    const variant = variantOf(['cpumap.accepted == sent', 'stack.delivered == sent']);
    const witness = {
      kind: 'hist',
      tables: { enqueue: [enqueue(20000)], kthread: [kthread(20000)] },
      lost: 0,
    } as const;
    const missed = (redirect: Row[], lost: number) => ({
      ...WHOLE,
      observers: { ...withTables({ redirect }), lost },
      witness,
    });
    t.match(verdictOf({ variant, observations: missed([redirected(19636)], 364) }), {
      verdict: 'pass',
      detail: /^the observers missed 364 events .* what the programs returned \(364 redirects\)/,
    });
    const rows: [string, Observations][] = [
      ['more were missed than redirects', missed([redirected(19636)], 365)],
      ['to two places', missed([redirected(19000), redirected(636, { map_index: 3 })], 364)],
      ['with and without an error', missed([redirected(19000), redirected(636, { err: -28 })], 364)],
      ['no event of it at all', missed([], 20000)],
    ];
    for (const [why, observations] of rows)
      t.match(verdictOf({ variant, observations }), { verdict: 'error', reason: /observers lost/ }, why);
    // A packet that the kernel lost behind the redirect could as well be one whose event was an error.
    const behind = {
      ...missed([redirected(19636)], 364),
      programs: [main({ redirect: 20000 })],
      stack: [stackRow(19999)],
    };
    t.match(verdictOf({ variant: variantOf(['sent == 20000']), observations: behind }), {
      verdict: 'error',
      reason: /then the ledger does not balance/,
    });
  },
);

t.test('what a preempted observer missed is taken from the witness, if that is all', async t => {
  const variant = variantOf(['kthread.processed == sent']);
  const missing = { ...kthread(19992), events: 19999 };
  const missed = { ...withTables({ kthread: [missing] }), lost: 1 };
  const tables = { enqueue: [enqueue(20000)], kthread: [kthread(20000)] };
  const witness = { kind: 'hist', tables, lost: 0 } as const;
  t.match(verdictOf({ variant, observations: { ...WHOLE, observers: missed, witness } }), {
    verdict: 'pass',
    detail: /^the observers missed 1 events/,
  });
  const less = { ...tables, enqueue: [{ ...enqueue(20000), processed: 19999 }] };
  const elsewhere = { ...witness, tables: less };
  t.match(verdictOf({ variant, observations: { ...WHOLE, observers: missed, witness: elsewhere } }), {
    verdict: 'error',
    reason: /enqueue .*: processed is 20000 to the observer, 19999 to the witness/,
  });
  for (const [lost, why] of [
    [2, 'an event is nowhere'],
    [0, 'the kernel knows of no miss'],
  ] as const) {
    const observations = { ...WHOLE, observers: { ...missed, lost }, witness };
    t.match(
      verdictOf({ variant, observations }),
      { verdict: 'error', reason: /witness: /, detail: null },
      why,
    );
  }
});

t.test('known, failing in another way, fixed', async t => {
  const more = `
known:
  - kernels: ">=5.15 <7.4"
    reason: cpu_map_bpf_prog_run_skb returns after the first frame that it drops
    fails: [kthread.xdp_drop == cpumap.accepted, { ledger: entry }, { ledger: stack }]
    expect: { kthread.xdp_drop: "< cpumap.accepted" }`;
  const variant = variantOf(['kthread.xdp_drop == cpumap.accepted', 'stack.mangled == 0'], {
    program: 'drop_all',
    more,
  });
  const generic = (dropped: number, past: number) =>
    seen({
      sources: [source(20002)],
      programs: [main({ redirect: 20002 }, 'generic'), entry({ drop: dropped })],
      observers: {
        redirect: [redirected(20002)],
        enqueue: [enqueue(20002)],
        kthread: [kthread(20002, { xdp_drop: dropped })],
      },
      delivered: past,
    });
  const known = verdictOf({ variant, observations: generic(5026, 14976) });
  t.equal(known.verdict, 'known');
  t.match(known.reason, /^cpu_map_bpf_prog_run_skb/);
  t.equal(known.ledger?.stages.find(({ name }) => name === 'entry')?.residual, 14976, 'past the program');
  t.match(known.expectations[0], { ok: false, values: '5026 == 20002' });

  const newer = { version: '7.4.1', series: '7.4', arch: 'amd64' as const };
  t.equal(
    verdictOf({ variant, observations: generic(5026, 14976), kernel: newer }).verdict,
    'fail',
    'no entry there',
  );
  t.match(verdictOf({ variant, observations: generic(20002, 0) }), {
    verdict: 'fixed',
    reason: /line 9 says/,
  });
  t.equal(verdictOf({ variant, observations: generic(20002, 0), kernel: newer }).verdict, 'pass');

  const other = verdictOf({ variant, observations: generic(20002, 3) });
  t.equal(other.verdict, 'fail', 'the ledger fails, the entry says something else');
  t.match(
    other.reason,
    /not as the known entry in line 9: it names `kthread\.xdp_drop == cpumap\.accepted`, which did not fail/,
  );
  const mangled = generic(5026, 14976);
  const more_fails = { ...mangled, stack: mangled.stack.map(row => ({ ...row, exact: row.exact - 1 })) };
  t.match(verdictOf({ variant, observations: more_fails }), {
    verdict: 'fail',
    reason: /not as the known entry in line 9: it does not name what failed as well: `stack\.mangled == 0`/,
  });
  const step = verdictOf({
    variant,
    observations: null,
    stop: { kind: 'contradicted', message: 'line 4: EINVAL', results: {} },
  });
  t.equal(step.verdict, 'fail', 'no entry vouches for a step that the kernel refused');
  const splat = verdictOf({ variant, observations: generic(5026, 14976), splats: ['BUG: KASAN'] });
  t.equal(splat.verdict, 'fail', 'a splat that the entry does not speak of');
});

t.test('a known entry may speak of a splat', async t => {
  const more = 'known: [{ kernels: "*", reason: r, splat: "cpumap.c:1\\\\d+" }]';
  const variant = variantOf(['sent == 20000'], { more });
  const observations = WHOLE;
  const broken = { ...WHOLE, observers: withTables({ kthread: [kthread(1)] }) };
  const splats = ['WARNING: at kernel/bpf/cpumap.c:105'];
  t.equal(verdictOf({ variant, observations, splats }).verdict, 'known');
  t.equal(verdictOf({ variant, observations, splats: [...splats, 'BUG: other'] }).verdict, 'fail');
  t.equal(verdictOf({ variant, observations: broken, splats }).verdict, 'fail', 'the counts failed as well');
  t.equal(verdictOf({ variant, observations }).verdict, 'fixed');
});

t.test(
  'a cell that passes, but for a detector of the kernel that switched itself off, is an error',
  async t => {
    const variant = variantOf(['sent == 20000']);
    const log = [
      '[   12.3] BUG: MAX_LOCKDEP_CHAINS too low!',
      '[   12.3] turning off the locking correctness validator.',
    ];
    t.match(verdictOf({ variant, observations: { ...WHOLE, log } }), {
      verdict: 'error',
      reason: /^a detector of the kernel has switched itself off, .*: BUG: MAX_LOCKDEP_CHAINS too low! \(/,
    });
    const failed = { ...WHOLE, log, observers: withTables({ kthread: [kthread(1)] }) };
    t.equal(verdictOf({ variant, observations: failed }).verdict, 'fail', 'what was seen still counts');
    const spent = { ...WHOLE, spentDetectors: ['lockdep has been off'] };
    t.match(verdictOf({ variant, observations: spent }), {
      verdict: 'error',
      reason: 'lockdep has been off',
    });
  },
);

t.test('expectations of other kernels are left out', async t => {
  const more = 'known: []';
  const base = variantOf(['sent == 20000'], { more });
  const [only] = variantOf(['sent == 1']).expect;
  if (only === undefined) throw new Error('no expectation');
  const variant = { ...base, expect: [...base.expect, { ...only, kernels: '<6.12', because: 'test' }] };
  t.equal(verdictOf({ variant }).verdict, 'pass');
  t.equal(
    verdictOf({ variant, kernel: { version: '6.11.3', series: '6.11', arch: 'amd64' as const } }).verdict,
    'fail',
  );
});

t.test(
  'chained cpumaps balance: redirects of entries are offers too, and not the main program’s',
  async t => {
    const variant = variantOf(['xdp.redirect_ok == 100', 'entry.redirect_ok == 100'], {
      program: 'redirect_on',
      more: '',
    });
    const chained = {
      ...variant,
      setup: [
        ...variant.setup,
        ...variantOf(['sent == 1']).setup.map(step => {
          if (step.kind !== 'cpumap') return step;
          return { ...step, args: { ...step.args, entries: { 3: { qsize: 512, counted: true } } } };
        }),
      ],
    };
    const observations = seen({
      sources: [source(100)],
      programs: [main({ redirect: 100 }), entry({ redirect: 100 })],
      observers: {
        redirect: [redirected(100), redirected(100, { prog_id: ENTRY_ID, map_index: 3, cpu: 2 })],
        enqueue: [enqueue(100), enqueue(100, 0, { cpu: 2, to_cpu: 3 })],
        kthread: [kthread(100, { xdp_redirect: 100 }), kthread(100, { cpu: 3 })],
      },
      delivered: 100,
    });
    const { verdict, reason } = verdictOf({ variant: chained, observations });
    t.equal(reason, '');
    t.equal(verdict, 'pass');
  },
);

t.test(
  'a part of a sink claims what it counts, and a name that several sinks share claims one of them',
  async t => {
    const failing = (errors: readonly number[]) =>
      seen({
        sources: [source(100)],
        programs: [main({ redirect: 100 })],
        observers: {
          redirect: [redirected(90), ...errors.map(err => redirected(10 / errors.length, { err }))],
          enqueue: [enqueue(90)],
          kthread: [kthread(90)],
        },
        delivered: 90,
      });
    const variant = variantOf(['xdp.redirect_errs.EINVAL == 5', 'sent == 100']);
    t.match(verdictOf({ variant, observations: failing([-22, -100]) }), {
      verdict: 'fail',
      reason:
        /^ledger: stage redirect lost 10 of 100 packets \(xdp\.redirect_err\), which no expectation names$/,
    });
    const both = variantOf(['xdp.redirect_errs.EINVAL == 5', 'xdp.redirect_errs.ENETDOWN == 5']);
    t.equal(verdictOf({ variant: both, observations: failing([-22, -100]) }).verdict, 'pass');
    const together = variantOf(['sum(xdp.redirect_errs) == 10']);
    t.equal(verdictOf({ variant: together, observations: failing([-22, -100]) }).verdict, 'pass');

    // In native mode a full ring is no ENOSPC.
    const full = {
      ...WHOLE,
      observers: withTables({ enqueue: [enqueue(20000, 7)], kthread: [kthread(19993)] }),
      stack: WHOLE.stack.map(row => ({ ...row, frames: 19993 })),
    };
    t.match(verdictOf({ variant: variantOf(['xdp.redirect_errs.ENOSPC == 0']), observations: full }), {
      verdict: 'fail',
      reason: /lost 7 of 20000 packets \(cpumap\.ring_full\)/,
    });

    const aborted = seen({
      sources: [source(100)],
      programs: [main({ redirect: 100 }), entry({ drop: 90, aborted: 10 })],
      observers: {
        redirect: [redirected(100)],
        enqueue: [enqueue(100)],
        kthread: [kthread(100, { xdp_drop: 100 })],
      },
    });
    const dropping = (expect: string[]) => variantOf(expect, { program: 'entry_drop' });
    t.match(verdictOf({ variant: dropping(['kthread.xdp_drop == 100']), observations: aborted }), {
      verdict: 'fail',
      reason: 'ledger: stage entry lost 10 of 100 packets (entry.aborted), which no expectation names',
    });
    const named = dropping(['kthread.xdp_drop == 100', 'entry.aborted == 10']);
    t.equal(verdictOf({ variant: named, observations: aborted }).verdict, 'pass');
  },
);

t.test('default rules, and the expectations that replace them', async t => {
  const short = seen({
    sources: [source(0, { requested: 100, line: 9, as: 'p' })],
    programs: [{ ...main({}), maps: ['cpus'] }],
  });
  const passed = seen({
    sources: [source(100)],
    programs: [{ ...main({ pass: 100 }), maps: ['cpus'] }],
    delivered: 100,
  });
  const unsent = /^line 9: pktgen sent 0 of 100 packets, and no expectation says how many$/;
  const unmoved = /^no packet of 100 was redirected, although `redirect_to_cpu` uses `cpus`/;
  const rows: [Observations, string, string, RegExp | string][] = [
    [short, 'stack.delivered == sent', 'fail', unsent],
    [short, 'sent == stack.delivered && rx.packets == sent', 'fail', unsent],
    [short, 'sent == 0', 'pass', ''],
    [short, 'sent < 100', 'pass', ''],
    [short, 'source.requested == sent + 100', 'pass', ''],
    [passed, 'stack.delivered == sent', 'fail', unmoved],
    [passed, 'kthread.processed == cpumap.accepted', 'fail', unmoved],
    [passed, 'stack.delivered == xdp.pass', 'fail', unmoved],
    [passed, 'xdp.pass == sent', 'pass', ''],
    [passed, 'cpumap.accepted == 0', 'pass', ''],
    [{ ...passed, programs: [{ ...main({ pass: 100 }), maps: [] }] }, 'stack.delivered == sent', 'pass', ''],
    [
      { ...passed, sourcesAfter: [source(1, { requested: 2 })] },
      'xdp.pass == 100',
      'fail',
      /^pktgen sent 1 of 2/,
    ],
  ];
  for (const [observations, expr, verdict, reason] of rows) {
    const judged = verdictOf({ observations, variant: variantOf([expr]) });
    t.equal(judged.verdict, verdict, expr);
    t.match(judged.reason, reason, expr);
  }
  const none = { ...variantOf(['sent == 1']), expect: [] };
  t.match(verdictOf({ variant: none }), {
    verdict: 'error',
    reason: 'no expectation applies to kernel 6.12.117',
  });
});

t.test('a refusal, and a command’s status, that no expectation reads on this kernel', async t => {
  const more = `
after:
  - { lookup: { map: cpus, key: 2 }, as: look }
  - { exec: { argv: [a] }, as: ran }`;
  const [unread] = variantOf(['look.errno != "x" && ran.stdout == ""'], { more }).expect;
  if (unread === undefined) throw new Error('no expectation');
  const base = variantOf(['look.errno == "OK" && ran.status == 1', 'sent == 20000'], { more });
  const on = (kernels: string) => ({
    ...base,
    expect: base.expect.map((one, index) => (index === 0 ? { ...one, kernels, because: 'test' } : one)),
  });
  const ok = { errno: 'OK' };
  const refused = { look: { errno: 'ENOENT', where: 'bpf', log: '' }, ran: { ...ok, status: 0, stdout: '' } };
  const ended = { look: ok, ran: { ...ok, status: 1, stdout: '' } };
  t.match(verdictOf({ variant: on('<6'), observations: { ...WHOLE, steps: refused } }), {
    verdict: 'fail',
    reason: 'line 9: lookup (as `look`): the kernel refused bpf: ENOENT, and no expectation reads that',
  });
  t.match(verdictOf({ variant: on('<6'), observations: { ...WHOLE, steps: ended } }), {
    verdict: 'fail',
    reason: 'line 10: exec (as `ran`): ended with status 1, not 0, and no expectation reads that',
  });
  t.equal(verdictOf({ variant: on('*'), observations: { ...WHOLE, steps: ended } }).verdict, 'pass');
  const output = { ...base, expect: [unread] };
  t.match(verdictOf({ variant: output, observations: { ...WHOLE, steps: ended } }), { verdict: 'fail' });
});

t.test('what the kernel was seen to do wrong is a failure, whatever the steps stumble over then', async t => {
  const more = `
after:
  - { map: { name: none, type: cpumap, key_size: 4, value_size: 7, max_entries: 4 }, as: bad }
  - { map: { name: none, type: cpumap, key_size: 4, value_size: 8, max_entries: 0 }, as: worse }`;
  const variant = variantOf(
    ['sent == 20000', 'bad.errno == "EINVAL"', 'worse.errno == "EINVAL"', 'bad.errno == "OK" || sent == 1'],
    { more },
  );
  const stumbled = (errno: string) =>
    verdictOf({
      variant,
      observations: null,
      stop: { kind: 'stumbled', message: "map_create: name: 'none' is taken", results: { bad: { errno } } },
    });
  t.match(stumbled('OK'), {
    verdict: 'fail',
    reason: `bad.errno == "EINVAL"   ("OK" == "EINVAL"; map in line 9); map_create: name: 'none' is taken`,
  });
  t.match(stumbled('EINVAL'), { verdict: 'error', reason: "map_create: name: 'none' is taken" });
  const refused = verdictOf({
    variant,
    observations: null,
    stop: { kind: 'contradicted', message: 'line 4: x', results: { bad: { errno: 'OK' } } },
  });
  t.match(refused, { verdict: 'fail', reason: /^line 4: x; bad\.errno == "EINVAL"/ });
});

t.test('a cell that is no longer what its scenario describes says nothing, but for a splat', async t => {
  const more =
    'after: [{ map: { name: none, type: cpumap, key_size: 4, value_size: 7, max_entries: 4 }, as: bad }]';
  const variant = variantOf(['sent == 20000', 'bad.errno == "EINVAL"'], { more });
  const stop = {
    kind: 'voided',
    message: 'CPU 1 went on by itself',
    results: { bad: { errno: 'OK' } },
  } as const;
  t.match(verdictOf({ variant, observations: null, stop }), {
    verdict: 'error',
    reason: 'CPU 1 went on by itself',
  });
  t.match(verdictOf({ variant, observations: null, stop, splats: ['BUG: x'] }), {
    verdict: 'fail',
    reason: /^kernel splat: BUG: x; CPU 1 went on by itself$/,
  });
});

t.test('a step that has not ended has no result, and what reads it does not hold', async t => {
  const more = 'after: [{ exec: { argv: [a] }, as: removed, background: true }]';
  const variant = variantOf(['removed.status == 0'], { more });
  t.match(verdictOf({ variant }), {
    verdict: 'fail',
    reason: /^removed\.status == 0   \(removed has no result, the step has not ended; exec in line 7\)$/,
  });
});
