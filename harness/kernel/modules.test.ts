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

t.test('builtin and missing modules are distinguished', async t => {
  t.strictSame(moduleClosure(folder(t), ['pktgen', 'virtio_console', 'nosuch']), {
    files: [],
    soft: new Set(),
    builtin: ['pktgen', 'virtio_console'],
    missing: ['nosuch'],
  });
  t.strictSame(moduleClosure(null, ['veth']), { files: [], soft: new Set(), builtin: ['veth'], missing: [] });
});

t.test('soft dependencies come before what wants them, by name or by alias, and may fail', async t => {
  // As in Debian's 6.12, where libcrc32c, and all that needs it, loads only if the algorithm is there.
  const dir = t.testdir({
    'modules.dep': `k/libcrc32c.ko.xz:
k/nf_conntrack.ko.xz: k/libcrc32c.ko.xz
k/crc32c_generic.ko.xz:
k/crc32c-intel.ko.xz: k/simd.ko.xz
k/simd.ko.xz:
k/xt_LOG.ko.xz:
k/nf_log_syslog.ko.xz:
k/act_mpls.ko.xz:
k/mpls_gso.ko.xz:
k/a.ko:
k/b.ko: k/a.ko
`,
    'modules.softdep': `# Soft dependencies extracted from modules themselves.
softdep libcrc32c pre: crc32c built-in
softdep xt_LOG pre: nf_log_syslog post: mpls_gso
softdep act_mpls post: mpls_gso
softdep a pre: b
`,
    'modules.alias': `alias cpu:type:x86,ven*fam*mod*:feature:*0094* crc32c_intel
alias crc32c crc32c_intel
alias crypto-crc32c crc32c_generic
alias crc32c crc32c_generic
alias crc32c gone
`,
  });
  const load = (...names: string[]): string[] => {
    const { files, soft, missing } = moduleClosure(dir, names);
    t.strictSame(missing, []);
    return files.map(file => (soft.has(file) ? '-' : '') + file.replace(`${dir}/k/`, ''));
  };
  const algorithm = ['-simd.ko.xz', '-crc32c-intel.ko.xz', '-crc32c_generic.ko.xz'];
  t.strictSame(load('nf_conntrack'), [...algorithm, 'libcrc32c.ko.xz', 'nf_conntrack.ko.xz']);
  t.strictSame(
    load('libcrc32c', 'crc32c_intel'),
    ['simd.ko.xz', 'crc32c-intel.ko.xz', '-crc32c_generic.ko.xz', 'libcrc32c.ko.xz'],
    'what is needed as well may not fail',
  );
  t.strictSame(load('xt_LOG', 'act_mpls'), ['-nf_log_syslog.ko.xz', 'xt_LOG.ko.xz', 'act_mpls.ko.xz']);
  t.strictSame(load('b').toSorted(), ['a.ko', 'b.ko'], 'a circle ends');
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
  t.strictSame(moduleClosure(dir, names), { files: [], soft: new Set(), builtin: [], missing: names });
});
