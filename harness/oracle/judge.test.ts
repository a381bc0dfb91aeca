import t from 'tap';
import type { Tables } from '../model/counters.ts';
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
  variantOf,
} from './made-up.fixture.ts';

const KERNEL = { version: '6.12.117', series: '6.12' };

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
  return judge({ observations: WHOLE, kernel: KERNEL, splats: [], stepFailure: null, ...input });
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
    ['look.qsise == 512', 'error', /unknown name `look\.qsise`, did you mean `qsize`\?/],
    ['look.qsise == 512 || sent == 20000', 'error', /unknown name/],
    ['sent == 20000 || look.qsise == 512', 'error', /unknown name/],
    ['look.errno == 0', 'error', /compares string with number/],
    ['has(look.prog_id) || sent == 20000', 'pass', ''],
    ['cpumap.cpu["3"].accepted == 0 && cpumap.cpu["2"].accepted == sent', 'pass', ''],
    ['kernel.at_least("6.1") && !kernel.at_least("6.13")', 'pass', ''],
    ['sum(stack.cpu) == 20000 && xdp.redirect_errs.ENOSPC == 0', 'pass', ''],
    ['log.all(line, !line.contains("WARN"))', 'pass', ''],
  ];
  for (const [expr, verdict, reason] of rows) {
    const judged = verdictOf({ observations, variant: variantOf([expr], { more }) });
    t.equal(judged.verdict, verdict, expr);
    t.match(judged.reason, reason, expr);
  }
});

t.test('what a refused step would have given is the kernel’s fault, not the scenario’s', async t => {
  const more = 'after: [{ as: look, next_key: { map: cpus, key: 1 } }]';
  const observations = { ...WHOLE, steps: { look: { errno: 'ENOENT', where: 'bpf', log: '' } } };
  const judged = verdictOf({ observations, variant: variantOf(['look.key == 2'], { more }) });
  t.match(judged, { verdict: 'fail', reason: /^look\.key == 2   \(look was refused: ENOENT\)/ });
});

t.test('splats, refused steps and void counts fail a cell whose counts are right', async t => {
  const variant = variantOf(['sent == 20000']);
  const lost = { ...WHOLE, observers: { ...WHOLE.observers, lost: 3 } };
  t.match(verdictOf({ variant, splats: ['WARNING: CPU: 1 at kernel/bpf/cpumap.c:105'] }), {
    verdict: 'fail',
    reason: 'kernel splat: WARNING: CPU: 1 at kernel/bpf/cpumap.c:105',
  });
  const refused = { variant, observations: null, stepFailure: 'step in line 4, update: ENOMEM' };
  t.match(verdictOf(refused), { verdict: 'fail', reason: 'step in line 4, update: ENOMEM', counters: {} });
  t.match(verdictOf({ variant, observations: lost }), {
    verdict: 'fail',
    reason: /^witness: observers lost 3/,
  });
});

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
    verdict: 'fail',
    reason: /enqueue .*: processed is 20000 to the observer, 19999 to the witness/,
  });
  for (const [lost, why] of [
    [2, 'an event is nowhere'],
    [0, 'the kernel knows of no miss'],
  ] as const) {
    const observations = { ...WHOLE, observers: { ...missed, lost }, witness };
    t.match(
      verdictOf({ variant, observations }),
      { verdict: 'fail', reason: /witness: /, detail: null },
      why,
    );
  }
});

t.test('known, failing in another way, fixed', async t => {
  const more = `
known:
  - kernels: ">=5.15 <7.4"
    reason: cpu_map_bpf_prog_run_skb returns after the first frame that it drops
    expect: { kthread.xdp_drop: "< cpumap.accepted" }`;
  const variant = variantOf(['kthread.xdp_drop == cpumap.accepted', 'entry.drop >= 0'], {
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

  const newer = { version: '7.4.1', series: '7.4' };
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
  t.match(other.reason, /not as the known entry in line 9: .*\(20002 < 20002\)/);
  const step = verdictOf({
    variant,
    observations: generic(5026, 14976),
    stepFailure: 'step in line 4: EINVAL',
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

t.test('expectations of other kernels are left out', async t => {
  const more = 'known: []';
  const base = variantOf(['sent == 20000'], { more });
  const [only] = variantOf(['sent == 1']).expect;
  if (only === undefined) throw new Error('no expectation');
  const variant = { ...base, expect: [...base.expect, { ...only, kernels: '<6.12', because: 'test' }] };
  t.equal(verdictOf({ variant }).verdict, 'pass');
  t.equal(verdictOf({ variant, kernel: { version: '6.11.3', series: '6.11' } }).verdict, 'fail');
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
