import t from 'tap';
import type { ArchName } from '../model/kernel.ts';
import * as device from './devices.ts';
import { BOTH_ENDS } from '../model/topology.ts';
import type { GuestSpec } from './spec.ts';

const SPEC: GuestSpec = {
  image: '/k/vmlinux',
  initrd: '/i/initramfs',
  arch: 'amd64',
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
  t.same(device.machine(SPEC).kernelArgs, ['tsc=nowatchdog', 'no_timer_check']);
  t.same(device.machine({ ...SPEC, accel: 'kvm' }).kernelArgs, []);
});

t.test('CPUs that are possible and offline', async t => {
  t.match(device.machine(SPEC).args.join(' '), '-smp 4 ');
  t.match(device.machine({ ...SPEC, maxCpus: 6 }).args.join(' '), '-smp 4,maxcpus=6 ');
});

/** Every kind of machine that is started: each topology and accelerator, booted, saved and cloned. */
function* everyMachine(): Generator<string[]> {
  const rams: device.Ram[] = [
    { kind: 'anonymous' },
    { kind: 'shared', path: '/r' },
    { kind: 'private', path: '/r', writable: false },
    { kind: 'private', path: '/r', writable: true },
  ];
  const shapes = [
    { topology: 'virtio', ends: BOTH_ENDS },
    { topology: 'veth', ends: BOTH_ENDS },
    { topology: 'none', ends: [] },
    { topology: 'link', ends: ['rx'] },
    { topology: 'link', ends: ['tx'] },
  ] as const;
  for (const shape of shapes)
    for (const accel of ['tcg', 'kvm'] as const)
      for (const ram of rams) {
        const spec = { ...SPEC, ...shape, accel };
        yield device.commandLine(spec, device.devices(spec, ram, device.machinePaths('')));
      }
}

t.test('every machine is in the sandbox and has no way to the host', async t => {
  const all = [...everyMachine()];
  t.equal(all.length, 40);
  for (const args of all) {
    t.equal(
      args[args.indexOf('-sandbox') + 1],
      'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny',
    );
    // QEMU's network back ends with and without the host at their end.
    const backEnds = args.filter((_, index) => args[index - 1] === '-netdev').map(arg => arg.split(',')[0]);
    t.same(
      backEnds.filter(kind => kind !== 'hubport' && kind !== 'stream'),
      [],
    );
    t.notMatch(args.join(' '), /hostfwd|tcp|addr\.type=inet|exec:|-(monitor|gdb|s|vnc|daemonize)\b/);
  }
});

t.test('a machine names no file of the host: what it reads and writes it inherits', async t => {
  for (const args of everyMachine()) {
    const paths = args.join(' ').match(/(?<![\w.])\/[\w/.-]+/g) ?? [];
    t.same(
      paths.filter(path => !/^\/(proc\/self\/fd\/\d|dev\/fdset\/1|init)$/.test(path)),
      [],
    );
  }
});

t.test('the RAM of a clone is read from a file that QEMU need not write, if QEMU can do that', async t => {
  const ram = { kind: 'private', path: '/r', writable: false } as const;
  t.match(device.memory(SPEC, ram).args[1], /share=off,readonly=on,rom=off$/);
  t.match(device.memory(SPEC, { ...ram, writable: true }).args[1], /share=off$/);
  t.match(device.memory(SPEC, { kind: 'shared', path: '/r' }).args[1], /share=on$/);
  t.same(['7.2.22', '8.1.5', '8.2.0', '10.0.2'].map(device.needsWritableRam), [true, true, false, false]);
});

t.test('the agent has a named port on a Unix socket', async t => {
  const args = device.agentPort('amd64', '/a,b').args.join(' ');
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

t.test('a machine of another architecture has its own bus, console and way to report a panic', async t => {
  const all = (arch: ArchName): string =>
    device
      .commandLine(
        { ...SPEC, arch },
        device.devices({ ...SPEC, arch }, { kind: 'anonymous' }, device.machinePaths('/d')),
      )
      .join(' ');
  t.match(
    all('arm64'),
    /-machine virt,gic-version=3,memory-backend=mem .*-cpu max,pauth-impdef=on .*-device pvpanic-pci.*virtio-net-pci,/,
  );
  t.match(all('arm64'), /-append .*console=ttyAMA0 /);
  t.notMatch(all('arm64'), /tsc=|unknown_nmi_panic/);
  t.match(
    all('s390x'),
    /-machine s390-ccw-virtio,.*-device sclpconsole,chardev=console .*virtio-serial-ccw .*virtio-net-ccw,/,
  );
  t.notMatch(all('s390x'), /pvpanic|romfile|-pci/);
  t.match(all('riscv64'), /-machine virt,memory-backend=mem /);
});

t.test('a comma in a path is doubled', async t => {
  t.match(device.qmp('/a,b').args[1], 'path=/a,,b,');
});

t.test('the kernel’s words come from the devices, and the spec’s own come last', async t => {
  const line = device.commandLine({ ...SPEC, append: ['slub_debug=FZ'] }, [
    device.console('amd64'),
    device.reportedEnd('amd64'),
  ]);
  t.equal(line.at(-1), 'console=ttyS0 earlycon=uart8250,io,0x3f8 quiet panic=-1 rdinit=/init slub_debug=FZ');
  t.ok(line.includes('-action') && line.includes('-kernel'));
});

t.test('no NIC announces itself: a clone whose guest resets one would end QEMU', async t => {
  for (const args of everyMachine()) {
    const nics = args.filter(arg => arg.startsWith('virtio-net-pci,'));
    t.ok(nics.length >= 1);
    t.ok(nics.every(nic => nic.includes(',guest_announce=off,')));
  }
});

t.test('the end of a guest is the end of its machine, and QEMU stays to report it', async t => {
  const args = device.reportedEnd('amd64').args.join(' ');
  t.match(args, /reboot=shutdown.*shutdown=pause/);
  t.match(args, '-device pvpanic');
});
