import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import type { Kernel } from '../model/kernel.ts';
import { buildFacts } from './build-facts.ts';
import { needsOf, type Use } from './needs.ts';
import { unserved } from './unserved.ts';

const ALL = needsOf({ arch: 'amd64', version: '6.12.1' })
  .filter(({ not }) => not === undefined)
  .map(({ option }) => `${option}=y\n`)
  .join('');

const EVERYTHING = new Set<Use>(['guest', 'bpf', 'cells', 'devices', 'veth', 'virtio', 'pktgen', 'packets']);

function kernel(image: string): Kernel {
  return {
    id: 'path:vmlinux',
    spec: 'path:vmlinux',
    series: '6.12',
    flavour: 'amd64',
    arch: 'amd64',
    version: '6.12.1',
    release: '6.12.1',
    image,
    modulesDir: null,
    packages: [],
    notes: [],
    key: 'key',
  };
}

async function messageFor(of: Kernel, uses: ReadonlySet<Use> = EVERYTHING): Promise<string | null> {
  return unserved(of, await buildFacts(of), uses)?.message ?? null;
}

t.test('what a configuration does not build in is named, wherever the configuration is', async t => {
  const without = ALL.replace('CONFIG_VETH=y', '# CONFIG_VETH is not set');
  const embed = (text: string): string => {
    const dir = t.testdir({});
    const path = join(dir, 'vmlinux');
    const marks = [Buffer.from('IKCFG_ST'), gzipSync(text), Buffer.from('IKCFG_ED')];
    writeFileSync(path, Buffer.concat([Buffer.alloc(100), ...marks]));
    return path;
  };
  t.equal(await messageFor(kernel(embed(ALL))), null);
  t.match(
    await messageFor(kernel(embed(without))),
    /^kernel path:vmlinux \(6\.12\.1\) cannot serve; missing: CONFIG_VETH=n \(topology `veth`\): build it otherwise/,
  );
  const dir = t.testdir({ '.config': without, arch: { x86: { boot: {} } } });
  const built = { ...kernel('/nowhere'), given: join(dir, 'arch', 'x86', 'boot', 'bzImage') };
  t.match(await messageFor(built), /CONFIG_VETH=n/);
  t.equal(await messageFor(kernel('/nowhere')), null, 'not known');
});

t.test('only what is used is missed, and one message has all of it', async t => {
  const config = ALL.replaceAll(/CONFIG_(?:NET_PKTGEN|VIRTIO_CONSOLE|DEBUG_INFO_BTF)=y\n/g, '');
  const dir = t.testdir({ config });
  const of = kernel(join(dir, 'vmlinux'));
  t.match(
    await messageFor(of, new Set<Use>(['guest'])),
    /CONFIG_VIRTIO_CONSOLE=n \(the channel to the agent\)/,
  );
  const all = await messageFor(of);
  t.match(all, /CONFIG_VIRTIO_CONSOLE=n .*CONFIG_NET_PKTGEN=n \(steps `pktgen` and `frames`\)/);
  t.notMatch(all, 'BTF');
});

t.test('modules: where they may be, or which package says what is built in', async t => {
  const asModule = t.testdir({ config: ALL.replace('CONFIG_VETH=y', 'CONFIG_VETH=m') });
  t.match(await messageFor(kernel(join(asModule, 'vmlinux'))), /CONFIG_VETH=m .*INSTALL_MOD_PATH/);
  const dir = t.testdir({ bare: {}, listed: { 'modules.builtin': 'kernel/drivers/net/virtio_net.ko\n' } });
  const lacks = (modulesDir: string): Promise<string | null> =>
    messageFor({ ...kernel('/nowhere'), modulesDir: join(dir, modulesDir) }, new Set<Use>(['guest', 'veth']));
  t.match(
    await lacks('listed'),
    /module virtio_pci \(CONFIG_VIRTIO_PCI\).*module veth \(CONFIG_VETH\).*as y or m, or add the package/,
  );
  t.match(await lacks('bare'), /it has no modules\.builtin.*linux-base-6\.12\.1 in Debian/);
});
