import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { RunningGuest } from '../guest/running-guest.ts';
import { makeWorkspace } from '../util/workspace.ts';
import { SSH_NETDEVS } from '../vm/devices.ts';
import { bootVm } from '../vm/start.ts';
import { guestSource, kernelFor, withGuest } from './guest.fixture.ts';

// What SECURITY.md promises: what a real QEMU is allowed, and what a guest whose root is hostile reaches.

// Guests have time limits of their own.
t.setTimeout(0);

t.test('QEMU runs without privileges, in its sandbox, with nothing of the host in its hands', async t => {
  await withGuest(t, '7.3', async ({ vm }, dir) => {
    const status = readFileSync(`/proc/${vm.pid}/status`, 'utf8');
    const field = (name: string): string => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1] ?? '';
    t.equal(field('NoNewPrivs'), '1');
    t.equal(field('Seccomp'), '2');
    t.equal(field('CapEff'), '0000000000000000');
    const isRoot = process.geteuid?.() === 0;
    const uid = isRoot ? 65534 : (process.geteuid?.() ?? NaN);
    t.same(field('Uid').split('\t').map(Number), [uid, uid, uid, uid]);
    if (isRoot) t.equal(field('Groups').trim(), '');
    t.match(readFileSync(`/proc/${vm.pid}/limits`, 'utf8'), /^Max core file size +0 +0 /m);
    t.same([...new Set(writableFiles(vm.pid))], [join(dir, 'console.log')], 'not the RAM of the template');
    t.same(internetSockets(vm.pid), [], 'no socket of TCP or UDP');
    t.equal(statSync(dir).mode & 0o007, 0, 'its sockets are closed to others');
  });
});

/** The regular files that a process has open for writing. */
function writableFiles(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap(descriptor => {
    const path = readlinkSync(`/proc/${pid}/fd/${descriptor}`);
    if (!path.startsWith('/') || path.startsWith('/dev/')) return [];
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, 'utf8'))?.[1];
    return (Number.parseInt(flags ?? '0', 8) & 3) === 0 ? [] : [path];
  });
}

/** The rows of /proc/net/{tcp,udp,raw}* with a socket of a process. */
function internetSockets(pid: number): string[] {
  const own = new Set(
    readdirSync(`/proc/${pid}/fd`).map(
      descriptor => /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`))?.[1],
    ),
  );
  return ['tcp', 'tcp6', 'udp', 'udp6', 'raw', 'raw6'].flatMap(name =>
    readFileSync(`/proc/net/${name}`, 'utf8')
      .split('\n')
      .slice(1)
      .filter(row => row !== '' && own.has(row.trim().split(/\s+/)[9])),
  );
}

t.test('root in a guest reaches no listener of the host by any device, with and without ssh', async t => {
  const listeners = await listen(t);
  const attack = (withSsh: boolean): Promise<void> =>
    withGuest(
      t,
      '7.3',
      async guest => {
        const ports = [listeners.port];
        // Its own door too, from the inside.
        if (withSsh) ports.push((await guest.openSsh()).port);
        for (const port of ports) await tryEverything(guest, port);
      },
      'virtio',
    );
  await attack(false);
  t.same(listeners.heard, [], 'without ssh');
  await attack(true);
  t.same(listeners.heard, [], 'with ssh');

  const [network] = SSH_NETDEVS as unknown as [{ restrict: boolean }];
  network.restrict = false;
  t.teardown(() => (network.restrict = true));
  await attack(true);
  const heard = [...new Set(listeners.heard)].toSorted();
  t.same(heard, ['tcp', 'udp'], 'the same attempts are heard where QEMU lets them out');
});

/** Listeners on the host's loopback addresses, TCP and UDP, all on one port, and what they heard. */
async function listen(t: Test): Promise<{ readonly port: number; readonly heard: string[] }> {
  const heard: string[] = [];
  const tcp = createServer(socket => {
    heard.push('tcp');
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket('udp4', () => heard.push('udp')).bind(port, '127.0.0.1');
  await once(udp, 'listening');
  t.teardown(() => {
    tcp.close();
    udp.close();
  });
  return { port, heard };
}

/** From each device, as the only one with an address: TCP, UDP and a name to resolve, at QEMU's gateway and name server and beyond. */
async function tryEverything(guest: RunningGuest, port: number): Promise<void> {
  const script = `
for dev in $(ls /sys/class/net | grep -v lo); do
	ip route flush table main
	for other in $(ls /sys/class/net | grep -v lo); do
		ip addr flush dev $other
	done
	ip addr add 10.0.2.15/24 dev $dev
	ip link set $dev up
	ip route add default via 10.0.2.2 dev $dev
	for host in 10.0.2.2 10.0.2.3 127.0.0.1 198.51.100.1; do
		echo hello | timeout 3 busybox nc -w 3 $host ${port} &
		timeout 3 busybox tftp -g -r hello -l /dev/null $host ${port} &
	done
	timeout 3 busybox nslookup example.org 10.0.2.3 &
	wait
done
true`;
  await guest.call('exec', { argv: ['/bin/sh', '-c', script], timeout_ms: 120_000 }, { timeoutMs: 120_000 });
}

t.test('a program that takes the agent’s place is found out, whatever it answers', async t => {
  await withGuest(t, '7.3', async guest => {
    // It answers every request with success.
    const impostor = `
agent=$(busybox pidof bpfrig-agent)
busybox setsid sh -c 'sleep 1
busybox kill -9 $1
exec 3<>/dev/$(ls /sys/class/virtio-ports)
while read -r line <&3; do
	id=$(echo "$line" | sed "s/.*\\"id\\":\\([0-9]*\\).*/\\1/")
	echo "{\\"id\\":$id,\\"ok\\":{\\"status\\":0,\\"stdout\\":\\"\\",\\"stderr\\":\\"\\"}}" >&3
done' sh "$agent" < /dev/null > /dev/null 2>&1 &`;
    await guest.call('exec', { argv: ['/bin/sh', '-c', impostor] });
    const later = async (): Promise<never> => {
      for (;;) await guest.call('exec', { argv: ['busybox', 'sleep', '0.2'] });
    };
    await t.rejects(guest.whileAlive(later()), { name: 'GuestFailure' });
  });
});

t.test('a guest that floods its console fills no disk, and is not green', async t => {
  const kernel = await kernelFor('7.3');
  const guests = await guestSource(t);
  const shape = { topology: 'none', guest: { cpus: 1, memoryMiB: 512, queues: 1 } } as const;
  const spec = await guests.bootable(kernel, shape);
  const loud = { ...spec, append: ['ignore_loglevel'] };
  await using workspace = await makeWorkspace();
  // Its mark that it is ready comes after that, so that it never seems to come up.
  const options = { dir: workspace.dir, timeoutMs: 20_000, consoleMaxBytes: 8_192 };
  await t.rejects(bootVm(loud, options), { kind: 'hang', message: /at boot/ });
  t.equal(statSync(join(workspace.dir, 'console.log')).size, 8_192);
});
