import { join } from 'node:path';
import t, { type Test } from 'tap';
import { StepFailure } from '../run/steps/context.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';
import { GuestFailure } from '../vm/failure.ts';
import { ExpectationError } from './expectation-error.ts';
import type { StartedGuest } from './guest.ts';
import { startGuest, withGuest } from './start.ts';

// Guests have time limits of their own.
t.setTimeout(0);

const FIREWALL = {
  topology: 'veth',
  objects: { fw: './fw.bpf.c', ring: '../../harness/api/testdata/ring.bpf.c' },
  from: join(PACKAGE_ROOT, 'examples', 'api'),
} as const;

/** What a promise rejects with. */
async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => null,
    (error: unknown) => error,
  );
}

t.test('a guest does what it is asked for, and is counted as a cell is', async t => {
  await withGuest('7.3', FIREWALL, async guest => {
    await commands(t, guest);
    await refusals(t, guest);
    await mistakes(t, guest);
    await rounds(t, guest);
    await holds(t, guest);
    await captures(t, guest);
  });
});

async function commands(t: Test, guest: StartedGuest): Promise<void> {
  t.match(guest.kernel, { id: '7.3', series: '7.3', version: /^7\.3/ });
  const out = await guest.exec({ argv: ['uname', '-r'] });
  t.strictSame([out.status, out.stdout.trim()], [0, guest.kernel.release]);
  const failing = { argv: ['sh', '-c', 'echo no >&2; exit 3'] };
  const error = await errorOf(guest.exec(failing));
  t.ok(error instanceof StepFailure);
  t.match(error, {
    code: 'step',
    message: 'exec: `sh -c echo no >&2; exit 3` ended with status 3, not 0: no',
  });
  t.match(await guest.exec(failing, { reject: false }), { status: 3, stderr: 'no\n' });
  t.equal((await guest.exec({ ...failing, status: 3 })).status, 3);
  t.equal((await guest.readFile('/proc/sys/kernel/osrelease')).toString().trim(), guest.kernel.release);
  t.equal(guest.lacks('cpumap-program'), null);
}

async function refusals(t: Test, guest: StartedGuest): Promise<void> {
  const careless = { program: 'fw.careless' };
  const refused = await guest.load(careless, { refused: true });
  t.match(refused, {
    errno: 'EACCES',
    where: 'bpf(BPF_PROG_LOAD)',
    log: /invalid mem access 'map_value_or_null'/,
  });
  const error = await errorOf(guest.load(careless));
  t.ok(error instanceof StepFailure);
  t.match(error, {
    message: /^load: the kernel refused bpf\(BPF_PROG_LOAD\): EACCES /,
    refusal: { errno: 'EACCES', where: 'bpf(BPF_PROG_LOAD)' },
    detail: /invalid mem access 'map_value_or_null'/,
  });
  await guest.load({ object: 'fw' });
  const taken = await errorOf(
    guest.maps.update({ map: 'fw.blocklist', key: '198.18.0.66', value: 0 }, { refused: true }),
  );
  t.ok(taken instanceof ExpectationError);
  t.match(taken, { message: 'update: the kernel took it, and was expected to refuse it' });
  t.match(await guest.maps.lookup({ map: 'fw.blocklist', key: '198.18.0.1' }, { refused: true }), {
    errno: 'ENOENT',
  });
}

async function mistakes(t: Test, guest: StartedGuest): Promise<void> {
  const rows: [() => Promise<unknown>, RegExp][] = [
    [
      () => guest.attach({ program: 'fw.filtr', to: 'rx', mode: 'native' }),
      /^attach: no program `fw.filtr`, did you mean `filter`/,
    ],
    [() => guest.maps.update({ map: 'fw.blocklst', key: 1, value: 1 }), /^update: no map `fw.blocklst`/],
    [() => guest.step({ wait: { for: 0 } }), /^wait.for: /],
    [() => guest.step({ wait: { for: 1 }, as: 'x' } as never), /^unknown key `as`$/],
    [() => guest.step({ wayt: 1 } as never), /^unknown key `wayt`, did you mean `wait`/],
    [() => guest.expect('stack.deliverd == 1'), /unknown name `stack.deliverd`/],
    [() => guest.expect('stack.delivered >= 0'), /can never fail/],
    [() => guest.capture('eth7', async () => undefined), /ENODEV: looking for device 'eth7'/],
  ];
  for (const [call, text] of rows) {
    const error = await errorOf(call());
    t.match(error, { message: text }, String(text));
  }
}

async function holds(t: Test, guest: StartedGuest): Promise<void> {
  await guest.step({ hold: { name: 'never', at: 'cpu_map_enqueue', cpu: 2 } });
  await guest.send({ count: 1 });
  const error = await errorOf(guest.expectLedger());
  t.ok(error instanceof StepFailure, 'a hold that was never reached is no success');
  t.match(error, { message: /CPU 2 at cpu_map_enqueue was never reached/ });
}

async function rounds(t: Test, guest: StartedGuest): Promise<void> {
  await guest.attach({ program: 'ring.watch', to: 'rx', mode: 'native' });
  t.match(await errorOf(guest.expectLedger()), { code: 'usage' }, 'nothing was sent');
  t.strictSame(await guest.send({ count: 50 }), { sent: 50, errors: 0 });
  await guest.expect('xdp.pass == 45', 'size(events.ring.events) == 50');
  const wrong = await errorOf(guest.expect('stack.delivered == 50'));
  t.ok(wrong instanceof ExpectationError);
  t.match(wrong, { message: /^stack\.delivered == 50 {3}\(45 == 50\)\n {4}wire +50 → / });
  await guest.send({ count: 20 });
  const unclaimed = await errorOf(guest.expectLedger());
  t.ok(unclaimed instanceof ExpectationError);
  t.match(unclaimed, {
    message:
      /^ledger: stage xdp lost 2 of 20 packets \(xdp\.drop\), which no expectation names\n {4}wire +20 → /,
  });
  const { counters, ledger } = await guest.expectLedger('xdp.drop == 2');
  t.match(counters, { sent: 20, stack: { delivered: 18 } });
  t.match(ledger, { absent: null });
  const more = await guest.counters('events.ring.events', 'globals.ring.total', 'programs.ring.watch');
  t.match(more, {
    events: { ring: { events: { length: 20, 0: { number: 50, length: 64 } } } },
    globals: { ring: { total: 70 } },
    programs: { ring: { watch: { run_count: 70 } } },
  });
  const sending = guest.pktgen({ on: 'tx', count: 2000 });
  t.match(await guest.exec({ argv: ['true'] }), { status: 0 }, 'while another step goes on');
  await guest.expect('sent == 2000', 'xdp.drop == 200');
  await sending;
  // Not even begun when the reading is asked for.
  const later = guest.send({ count: 30 });
  await guest.expect('sent == 30', 'xdp.drop == 3');
  await later;
}

async function captures(t: Test, guest: StartedGuest): Promise<void> {
  await guest.detach({ from: 'rx' });
  for (const count of [3, 5]) {
    const frames = await guest.capture('rx', () =>
      guest.packets({ frames: [{ ip: {}, udp: { dport: 53 }, payload: { text: 'who' } }], count }),
    );
    t.equal(frames.length, count);
    t.match(frames[0], { udp: { dport: 53 }, direction: 'in' });
    await guest.expect(`captured.rx.all(f, f.udp.dport == 53) && size(captured.rx) == ${count}`);
  }
  await guest.expectLedger();
}

t.test('two guests at once; one that panics ends its own calls, and nothing of it is left', async t => {
  const [first, second] = await Promise.all([startGuest('7.3', FIREWALL), startGuest('5.10')]);
  t.teardown(async () => {
    await first[Symbol.asyncDispose]();
    await second[Symbol.asyncDispose]();
  });
  const sleeping = { argv: ['sleep', '600'], timeout: '10 min' };
  const waiting = errorOf(first.exec(sleeping));
  const crash = errorOf(first.step({ write: { path: '/proc/sysrq-trigger', value: 'c' } }));
  for (const error of await Promise.all([waiting, crash])) {
    t.ok(error instanceof GuestFailure);
    t.match(error, { kind: 'panic', message: /^the kernel panicked: .*sysrq/i });
  }
  t.equal(first.lost?.kind, 'panic');
  t.match(await errorOf(first.expect('sent == 0')), { kind: 'panic' });
  t.match(await second.exec({ argv: ['uname', '-r'] }), { stdout: /^5\.10/ });
  const cut = errorOf(second.exec(sleeping));
  await second.exec({ argv: ['true'] });
  await second[Symbol.asyncDispose]();
  t.match(await cut, { code: 'usage', message: 'exec: this guest has ended' });
  t.match(await errorOf(second.exec({ argv: ['true'] })), { code: 'usage', message: /this guest has ended/ });
});

t.test('a splat that the work did not look for rejects', async t => {
  const error = await errorOf(
    withGuest('7.3', FIREWALL, async guest => {
      await guest.exec({ argv: ['sh', '-c', 'echo "BUG: made up" > /dev/kmsg'] });
    }),
  );
  t.ok(error instanceof ExpectationError);
  t.match(error, { message: /^the kernel complained: .*BUG: made up/ });
});
