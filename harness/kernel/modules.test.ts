import t from 'tap';
import { moduleClosure } from './modules.ts';

const folder = (t: { testdir(fixture: Record<string, string>): string }): string =>
  t.testdir({
    'modules.dep': `kernel/drivers/net/veth.ko.xz:
kernel/drivers/virtio/virtio.ko:
kernel/drivers/virtio/virtio_ring.ko: kernel/drivers/virtio/virtio.ko
kernel/drivers/virtio/virtio_pci.ko: kernel/drivers/virtio/virtio_ring.ko kernel/drivers/virtio/virtio.ko
kernel/drivers/net/virtio_net.ko.zst: kernel/net/core/failover.ko kernel/drivers/virtio/virtio_ring.ko kernel/drivers/virtio/virtio.ko
kernel/net/core/failover.ko:
`,
    'modules.builtin': 'kernel/net/core/pktgen.ko\nkernel/drivers/char/virtio-console.ko\n',
  });

t.test('each file is listed once, after all files that it depends on', async t => {
  const dir = folder(t);
  const { files, builtin, missing } = moduleClosure(dir, ['virtio-net', 'virtio_pci', 'veth']);
  t.strictSame(
    files.map(file => file.replace(`${dir}/kernel/`, '')),
    [
      'drivers/virtio/virtio.ko',
      'drivers/virtio/virtio_ring.ko',
      'net/core/failover.ko',
      'drivers/net/virtio_net.ko.zst',
      'drivers/virtio/virtio_pci.ko',
      'drivers/net/veth.ko.xz',
    ],
  );
  t.strictSame([builtin, missing], [[], []]);
});

t.test('what modules.softdep names comes before, in a form that every CPU takes', async t => {
  const dir = t.testdir({
    'modules.dep': `kernel/net/nf_conntrack.ko: kernel/lib/libcrc32c.ko
kernel/lib/libcrc32c.ko:
kernel/arch/crc32c-intel.ko:
kernel/crypto/crc32c_generic.ko: kernel/crypto/crc.ko
kernel/crypto/crc.ko:
kernel/fs/late.ko:
`,
    'modules.softdep':
      '# a comment\nsoftdep libcrc32c pre: crc32c nosuch post: late\nsoftdep crc pre: libcrc32c\n',
    'modules.alias':
      '# a comment\nalias crc32c crc32c_intel\nalias crc32c crc32c_generic\nalias late late\nalias pci:v*d* late\n',
  });
  t.strictSame(
    moduleClosure(dir, ['nf_conntrack']).files.map(file => file.replace(`${dir}/kernel/`, '')),
    ['crypto/crc.ko', 'crypto/crc32c_generic.ko', 'lib/libcrc32c.ko', 'net/nf_conntrack.ko'],
  );
});

t.test('builtin and missing modules are distinguished', async t => {
  t.strictSame(moduleClosure(folder(t), ['pktgen', 'virtio_console', 'nosuch']), {
    files: [],
    builtin: ['pktgen', 'virtio_console'],
    missing: ['nosuch'],
  });
  t.strictSame(moduleClosure(null, ['veth']), { files: [], builtin: ['veth'], missing: [] });
});

t.test('a list that names other files of the host is not followed', async t => {
  const dir = t.testdir({
    'modules.dep': `kernel/veth.ko: ../../../../etc/passwd.ko
/etc/shadow:
kernel/../../../secret/pktgen.ko:
kernel/virtio_net.ko: /etc/hostname
`,
  });
  const names = ['veth', 'shadow', 'pktgen', 'virtio_net'];
  t.strictSame(moduleClosure(dir, names), { files: [], builtin: [], missing: names });
});
