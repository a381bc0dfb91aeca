import t from 'tap';
import { BOTH_ENDS } from '../model/topology.ts';
import { templateKey, type TemplateIdentity } from './template.ts';

const IDENTITY: TemplateIdentity = {
  spec: {
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
  },
  imageKey: 'image',
  initrdKey: 'initrd',
  qemu: '7.2.22',
  preparation: {
    witness: [{ name: 'enqueue', event: 'xdp/xdp_cpumap_enqueue', keys: ['cpu'], sums: ['drops'] }],
  },
};

const withSpec = (change: Partial<TemplateIdentity['spec']>): TemplateIdentity => ({
  ...IDENTITY,
  spec: { ...IDENTITY.spec, ...change },
});

t.test('whatever a template is made of is in its key', async t => {
  const others: Record<string, TemplateIdentity> = {
    image: { ...IDENTITY, imageKey: 'other' },
    initrd: { ...IDENTITY, initrdKey: 'other' },
    qemu: { ...IDENTITY, qemu: '8.1.0' },
    witness: { ...IDENTITY, preparation: { witness: [] } },
    topology: withSpec({ topology: 'veth' }),
    noDevices: withSpec({ topology: 'none', ends: [] }),
    receiver: withSpec({ topology: 'link', ends: ['rx'] }),
    sender: withSpec({ topology: 'link', ends: ['tx'] }),
    queues: withSpec({ queues: 2 }),
    cpus: withSpec({ cpus: 2, maxCpus: 2 }),
    maxCpus: withSpec({ maxCpus: 6 }),
    memory: withSpec({ memoryMiB: 1024 }),
    accel: withSpec({ accel: 'kvm' }),
    append: withSpec({ append: ['slub_debug=FZ'] }),
  };
  const keys = [IDENTITY, ...Object.values(others)].map(templateKey);
  t.equal(new Set(keys).size, keys.length, Object.keys(others).join(', '));
});

t.test('where the kernel lies, and whether CPUs take turns, makes no other template', async t => {
  t.equal(templateKey(withSpec({ image: '/elsewhere', initrd: '/elsewhere' })), templateKey(IDENTITY));
  t.equal(templateKey(withSpec({ parallel: true })), templateKey(IDENTITY));
});
