import t from 'tap';
import type { ExpectationResult } from '../model/cell.ts';
import type { CveStatus } from '../model/cve.ts';
import type { Verdict } from '../model/verdict.ts';
import { cveFinding, type CveEvidence } from './cve.ts';
import { judge } from './judge.ts';
import { seen, source, variantOf } from './made-up.fixture.ts';

const MORE = `cve:
  id: CVE-2026-23359
  subject: 'bpf: Fix it'
  fixed: ['7.0']
  unaffected:
    - expr: devices.tx.tx_dropped == 7
      because: it has no such code
      fails: [stack.delivered == 1, cpumap.accepted == 3, { ledger: wire }, { ledger: stack }, { ledger: tx.dropped }]
  vulnerable:
    - splat: 'corrupted in: dev_map_enqueue_multi'
    - splat: ['BUG: unable to handle', 'RIP: .*dev_map_delete_elem']
    - fails: [stack.delivered == 1, sent == 100]
`;
const variant = variantOf(['sent == 100', 'stack.delivered == 1', 'cpumap.accepted == 3'], { more: MORE });
const { cve } = variant;
if (cve === undefined) throw new Error('the variant has no cve');

function expectation(expr: string, ok: boolean): ExpectationResult {
  return { expr, ok, values: ok ? null : '0 == 1', line: 1, error: null };
}

function cell(verdict: Verdict, some: Partial<CveEvidence> = {}): CveEvidence {
  return { verdict, reason: 'a reason', expectations: [], counters: {}, consoleTail: [], ...some };
}

const GONE = [expectation('sent == 100', false), expectation('stack.delivered == 1', false)];

t.test('a status comes from what was seen in the cell', async t => {
  const rows: [string, CveEvidence, CveStatus][] = [
    ['it holds', cell('pass'), 'fixed'],
    ['a stale known entry', cell('fixed'), 'fixed'],
    [
      'a panic of the defect',
      cell('panic', { consoleTail: ['[ 1.0] corrupted in: dev_map_enqueue_multi+0x1'] }),
      'vulnerable',
    ],
    ['a known failure of the defect', cell('known', { expectations: GONE }), 'vulnerable'],
    ['another panic', cell('panic', { consoleTail: ['[ 1.0] corrupted in: other'] }), 'not-shown'],
    ['a part of a sign', cell('fail', { consoleTail: ['BUG: unable to handle'] }), 'not-shown'],
    [
      'both parts, on two lines',
      cell('fail', {
        splats: ['BUG: unable to handle page fault'],
        consoleTail: ['RIP: 0010:dev_map_delete_elem+0x4'],
      }),
      'vulnerable',
    ],
    [
      'a splat that the defect is not known for',
      cell('fail', { expectations: GONE, splats: ['WARNING: other'] }),
      'not-shown',
    ],
    ['one of two expectations', cell('fail', { expectations: GONE.slice(0, 1) }), 'not-shown'],
    [
      'another expectation as well',
      cell('fail', { expectations: [...GONE, expectation('cpumap.accepted == 3', false)] }),
      'not-shown',
    ],
    [
      'an expectation that could not be evaluated',
      cell('fail', { expectations: GONE.map(one => ({ ...one, error: 'no value' })) }),
      'not-shown',
    ],
    ['a skip', cell('skip'), 'not-shown'],
    ['a lost host', cell('infra', { consoleTail: ['corrupted in: dev_map_enqueue_multi'] }), 'not-shown'],
    [
      'a skip by what the kernel does',
      cell('skip', { counters: { devices: { tx: { tx_dropped: 7 } } } }),
      'not-affected',
    ],
    ['a pass is no skip', cell('pass', { counters: { devices: { tx: { tx_dropped: 7 } } } }), 'fixed'],
  ];
  for (const [name, evidence, status] of rows) t.equal(cveFinding(cve, evidence, null).status, status, name);
});

t.test('the evidence is in the finding, without the time of the log', async t => {
  const panic = cell('panic', { consoleTail: ['[   11.8] corrupted in: dev_map_enqueue_multi+0x1'] });
  t.equal(cveFinding(cve, panic, null).why, 'corrupted in: dev_map_enqueue_multi+0x1');
  t.equal(
    cveFinding(cve, cell('fail', { expectations: GONE }), null).why,
    'stack.delivered == 1   (0 == 1); sent == 100   (0 == 1)',
  );
  t.equal(cveFinding(cve, cell('skip'), null).why, 'a reason');
});

t.test('a kernel that lacks the code is not affected, whatever the cell came to', async t => {
  for (const verdict of ['pass', 'skip', 'panic'] as const)
    t.same(cveFinding(cve, cell(verdict), 'probed absent'), { status: 'not-affected', why: 'probed absent' });
});

t.test(
  'a cell of a kernel that shows that it lacks the code is skipped, and only if it fails as it does on such a kernel',
  async t => {
    const kernel = { version: '5.10.262', series: '5.10', arch: 'amd64' } as const;
    const verdictOf = (dropped: number, splats: readonly string[] = [], sent = 100) => {
      const devices = { rx: { rx_packets: 1, rx_dropped: 0 }, tx: { tx_packets: 1, tx_dropped: dropped } };
      const observations = seen({ sources: [source(sent)], devices });
      return judge({ observations, variant, kernel, splats, stop: null });
    };
    t.match(verdictOf(7), { verdict: 'skip', reason: /^it has no such code: devices\.tx\.tx_dropped == 7/ });
    t.match(verdictOf(6), { verdict: 'fail' });
    t.match(verdictOf(7, ['WARNING: at net/core/dev.c']), { verdict: 'fail' }, 'a splat is never excused');
    t.match(
      verdictOf(7, [], 99),
      {
        verdict: 'fail',
        reason: /it has no such code: .*, which does not explain what failed as well: `sent == 100`$/,
      },
      'nor is what does not fail for lack of the code',
    );
  },
);

t.test('a cell that shows nothing of a defect does not show that the kernel lacks its code', async t => {
  const kernel = { version: '5.10.262', series: '5.10', arch: 'amd64' } as const;
  const more = `cve:
  id: CVE-2026-23359
  subject: 'bpf: Fix it'
  fixed: ['7.0']
  unaffected: [{ expr: xdp.aborted == sent, because: it has no such code, fails: [{ ledger: xdp.aborted }] }]
  vulnerable: [{ splat: 'corrupted in: dev_map_enqueue_multi' }]
`;
  const verdictOf = (expect: readonly string[], some: Parameters<typeof seen>[0]) =>
    judge({ observations: seen(some), variant: variantOf(expect, { more }), kernel, splats: [], stop: null });
  const unsent = { sources: [source(0, { requested: 16 })] };
  t.match(verdictOf(['sent == 16'], unsent), { verdict: 'fail' }, 'nothing was sent: 0 == 0');
  const spent = { spentDetectors: ['KASAN is off'] };
  t.match(verdictOf(['sent == 16'], spent), { verdict: 'fail' }, 'a detector of it is off');
});
