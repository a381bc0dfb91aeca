import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { findFunctions, onlyFunction } from '../guest/kernel-function.ts';
import type { RunningGuest } from '../guest/running-guest.ts';
import { ADDRESS, MAC } from '../model/topology.ts';
import type { HoldPlace } from '../vm/hold-stage.ts';
import { withGuest } from './guest.fixture.ts';

// Guests have time limits of their own.
t.setTimeout(0);

/** Where each function is. */
async function functionsOf(guest: RunningGuest, ...names: string[]) {
  const found = await findFunctions(guest, names);
  return names.map(name => {
    const { start, end } = onlyFunction(found, name, '');
    return { start: BigInt(`0x${start}`), end: BigInt(`0x${end ?? start}`) };
  });
}

const TO_RX = { dst_mac: MAC.rx, src_ip: ADDRESS.source, dst_ip: ADDRESS.destination };

/** Sends frames from a CPU. */
function send(guest: RunningGuest, cpu: number, count: number) {
  return guest.call('send', { dev: 'tx', count, size: 64, cpu, ...TO_RX }, { background: true });
}

/** Frames that `tx` has sent. */
async function sentOn(guest: RunningGuest): Promise<number> {
  const { data } = await guest.call('read_file', { path: '/sys/class/net/tx/statistics/tx_packets' });
  return Number(data);
}

for (const kernel of ['5.10', '7.3']) {
  t.test(`${kernel}: one CPU is held at a function of a module, and the others go on`, async t => {
    await withGuest(t, kernel, async guest => {
      const [xmit, direct] = await functionsOf(guest, 'veth_xmit', '__dev_direct_xmit');
      if (xmit === undefined || direct === undefined) throw new Error('no function');
      const points = await guest.holdPoints();
      const place: HoldPlace = { cpu: 2, at: xmit.start, caller: null, afterReturn: false, hit: 1 };

      const before = await sentOn(guest);
      const first = await points.arm({ ...place, hit: 2 });
      const sending = send(guest, 2, 3);
      await first.reached;
      t.equal(first.state, 'held');
      t.equal(first.hits, 2);
      // A request that unmaps memory of the agent's would wait: the CPU runs a thread of it.
      for (let look = 0; look < 10; look += 1)
        t.equal(
          (await sentOn(guest)) - before,
          1,
          'the agent answers, and the CPU that is held has sent one',
        );
      await first.end();
      t.equal((await sending).sent, 3);
      t.equal((await sentOn(guest)) - before, 3);

      const other = await points.arm(place);
      t.equal((await send(guest, 1, 5)).sent, 5, 'a CPU that is not meant is stepped over the place');
      t.equal(other.state, 'armed');
      t.equal(other.hits, 0);
      await other.end();

      const after = await points.arm({ ...place, caller: direct, afterReturn: true });
      const again = send(guest, 2, 1);
      await after.reached;
      t.equal((await sentOn(guest)) - before, 9, 'the function has returned to its caller');
      await after.end();
      t.equal((await again).sent, 1);

      const nobody = await points.arm({ ...place, caller: xmit });
      t.equal((await send(guest, 2, 2)).sent, 2, 'called from another function');
      t.equal(nobody.state, 'armed');
      await nobody.end();

      const holds = await Promise.all([0, 1, 2].map(cpu => points.arm({ ...place, cpu })));
      await t.rejects(points.arm({ ...place, cpu: 3 }), { code: 'scenario', message: /a CPU must be left/ });
      await t.rejects(points.arm({ ...place, cpu: 4 }), { code: 'scenario', message: /no CPU 4/ });
      await t.rejects(points.arm(place), { code: 'scenario', message: /has a hold already/ });
      for (const hold of holds) await hold.end();

      await sleep(100);
      await guest.vm.console.poll();
      t.same(guest.vm.console.splats, [], 'the kernel has nothing to say about it');
    });
  });
}
