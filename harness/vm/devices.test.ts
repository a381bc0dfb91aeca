import t from 'tap';
import * as device from './devices.ts';
import { BOTH_ENDS } from '../model/topology.ts';
import type { GuestSpec } from './spec.ts';

const SPEC: GuestSpec = {
  image: '/k/vmlinux',
  initrd: '/i/initramfs',
  topology: 'virtio',
  ends: BOTH_ENDS,
  queues: 1,
  cpus: 4,
  maxCpus: 4,
  memoryMiB: 512,
  accel: 'tcg',
  parallel: false,
  append: [],
};

t.test('the accelerator', async t => {
  t.match(device.machine(SPEC).args.join(' '), '-accel tcg,thread=single -cpu max');
  t.match(device.machine({ ...SPEC, parallel: true }).args.join(' '), '-accel tcg,thread=multi -cpu max');
  t.match(device.machine({ ...SPEC, accel: 'kvm' }).args.join(' '), '-accel kvm -cpu host');
});

t.test('CPUs that are possible and offline', async t => {
  t.match(device.machine(SPEC).args.join(' '), '-smp 4 ');
  t.match(device.machine({ ...SPEC, maxCpus: 6 }).args.join(' '), '-smp 4,maxcpus=6 ');
});

t.test('the management NIC lets nothing in or out, and no device listens on TCP', async t => {
  t.match(device.managementNic().args[1], /^user,.*restrict=on/);
  const all = [device.managementNic(), device.qmp('/q'), device.agentPort('/a')];
  t.notMatch(device.commandLine(SPEC, all).join(' '), /hostfwd|tcp/);
});

t.test('the agent has a named port on a Unix socket', async t => {
  const args = device.agentPort('/a,b').args.join(' ');
  t.match(args, 'socket,id=agent,path=/a,,b,server=on,wait=off');
  t.match(args, 'virtserialport,id=agent,chardev=agent,name=bpfrig.agent');
});

t.test('two virtio NICs on one hub, or none', async t => {
  const args = device.trafficNics(SPEC, null).args;
  t.equal(args.filter(arg => /^hubport,.*hubid=0$/.test(arg)).length, 2);
  t.equal(args.filter(arg => arg.startsWith('virtio-net-pci,')).length, 2);
  t.same(device.trafficNics({ ...SPEC, topology: 'veth' }, null).args, []);
});

t.test(
  'interrupts of the traffic have a fixed CPU: that of the sender only where there is no other',
  async t => {
    const cpuOf = (spec: Partial<typeof SPEC>) => device.trafficNics({ ...SPEC, ...spec }, '/l').kernelArgs;
    t.same(cpuOf({}), ['irqaffinity=1']);
    t.same(cpuOf({ cpus: 1 }), ['irqaffinity=0']);
    t.same(cpuOf({ topology: 'link', ends: ['rx'] }), ['irqaffinity=0']);
    t.same(cpuOf({ topology: 'veth' }), ['irqaffinity=0']);
  },
);

t.test('two guests on a socket: the receiving one listens, each has its own end', async t => {
  const argsOf = (end: 'tx' | 'rx') =>
    device.trafficNics({ ...SPEC, topology: 'link', ends: [end] }, '/a,b/link').args;
  t.match(argsOf('rx'), ['-netdev', 'stream,id=rx,server=on,addr.type=unix,addr.path=/a,,b/link']);
  t.match(argsOf('tx'), ['-netdev', 'stream,id=tx,server=off,addr.type=unix,addr.path=/a,,b/link']);
  t.match(argsOf('tx')[3], /^virtio-net-pci,netdev=tx,mac=52:54:00:b9:f0:01,/);
  t.equal(argsOf('tx').length, 4);
});

t.test('a comma in a path is doubled', async t => {
  t.equal(device.console('/a,b').args[1], 'file,id=console,path=/a,,b');
});

t.test('the kernel’s words come from the devices, and the spec’s own come last', async t => {
  const line = device.commandLine({ ...SPEC, append: ['slub_debug=FZ'] }, [
    device.console('/c'),
    device.reportedEnd(),
  ]);
  t.equal(line.at(-1), 'console=ttyS0 quiet panic=-1 rdinit=/init slub_debug=FZ');
  t.ok(line.includes('-action') && line.includes('/k/vmlinux'));
});

t.test('no NIC announces itself: a clone whose guest resets one would end QEMU', async t => {
  const all = [...device.managementNic().args, ...device.trafficNics(SPEC, null).args];
  const nics = all.filter(arg => arg.startsWith('virtio-net-pci,'));
  t.equal(nics.length, 3);
  t.ok(nics.every(nic => nic.includes(',guest_announce=off,')));
});

t.test('the end of a guest is the end of its machine, and QEMU stays to report it', async t => {
  const args = device.reportedEnd().args.join(' ');
  t.match(args, /reboot=shutdown.*shutdown=pause/);
  t.match(args, '-device pvpanic');
});
