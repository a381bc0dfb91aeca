import t from 'tap';
import { checkClock, clockRate, type ClockReading } from './guest-clock.ts';
import type { AgentCaller } from './protocol.ts';

t.test('bounds of a rate', async t => {
  const first = { from: 0, to: 10, uptime: 5_000 };
  const right = clockRate(first, { from: 1_000, to: 1_010, uptime: 6_000 });
  t.ok(right.least > 0.97 && right.least < 1, String(right.least));
  t.ok(right.most > 1 && right.most < 1.03, String(right.most));
  t.equal(
    clockRate(first, { from: 5, to: 6, uptime: 5_000 }).most,
    Number.POSITIVE_INFINITY,
    'too early to tell',
  );
});

/** A guest whose clock runs at a rate, and whose answers take a while. */
function guest(rate: number, answerMs = 0) {
  const call = (async () => {
    const uptime = performance.now() * rate;
    await new Promise(resolve => setTimeout(resolve, answerMs));
    return { data: `${(uptime / 1000).toFixed(2)} 0.00\n` };
  }) as unknown as AgentCaller['call'];
  return { call, vm: { console: { tail: ['tsc: Detected 152.968 MHz processor'] } } };
}

async function checked(rate: number, answerMs = 0): Promise<void> {
  const one = guest(rate, answerMs);
  const now = performance.now();
  const first: ClockReading = { from: now, to: now, uptime: now * rate };
  await checkClock(one, first);
}

// How near the bound is depends on how this process is scheduled.
t.test('a clock that runs as the host does, and others', async t => {
  await t.resolves(checked(1));
  await t.resolves(checked(1, 40), 'answers that take their time');
  await t.rejects(checked(17), {
    kind: 'infra',
    message: /runs at least \d+(?:\.\d)? times as fast as the host's/,
    consoleTail: [/152\.968/],
  });
  await t.rejects(checked(1.2), { message: /runs at least 1\.[012]/ });
  await t.rejects(checked(0.8), { message: /runs at most 0\.\d/ });
  await t.rejects(checked(1.2, 40), { message: /runs at least 1\.[012]/ });
});
