import t from 'tap';
import * as device from './devices.ts';
import type { GuestSpec } from './spec.ts';

const SPEC: GuestSpec = {
  image: '/k/vmlinux',
  initrd: '/i/initramfs',
  topology: 'virtio',
  cpus: 4,
  maxCpus: 4,
  memoryMiB: 512,
  accel: 'tcg',
  append: [],
};

t.test('the accelerator', async t => {
  t.match(device.machine(SPEC).args.join(' '), '-accel tcg,thread=single -cpu max');
  t.match(device.machine({ ...SPEC, accel: 'kvm' }).args.join(' '), '-accel kvm -cpu host');
});

t.test('CPUs that are possible and offline', async t => {
  t.match(device.machine(SPEC).args.join(' '), '-smp 4 ');
  t.match(device.machine({ ...SPEC, maxCpus: 6 }).args.join(' '), '-smp 4,maxcpus=6 ');
});

t.test('the management NIC lets nothing in or out but ssh on loopback', async t => {
  t.match(device.managementNic().args[1], /^user,.*restrict=on.*hostfwd=tcp:127\.0\.0\.1:0-:22$/);
});

t.test('two virtio NICs on one hub, or none', async t => {
  const args = device.trafficNics('virtio').args;
  t.equal(args.filter(arg => /^hubport,.*hubid=0$/.test(arg)).length, 2);
  t.equal(args.filter(arg => arg.startsWith('virtio-net-pci,')).length, 2);
  t.same(device.trafficNics('veth').args, []);
});

t.test('a comma in a path is doubled', async t => {
  t.equal(device.console('/a,b').args[1], 'file,id=console,path=/a,,b');
});

t.test('words for the command line come last', async t => {
  t.match(
    device.kernel({ ...SPEC, append: ['slub_debug=FZ'] }).args.at(-1),
    /^console=ttyS0 .* slub_debug=FZ$/,
  );
});
