import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import type { Kernel } from '../model/kernel.ts';
import { readGuestConfig } from './guest-config.ts';
import { lacksModules, mustBuildIn, OPTIONS } from './needed-drivers.ts';

const ALL = Object.values(OPTIONS).map(option => `${option}=y\n`);

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

t.test('every module that each guest needs has an option', async t => {
  const { modules } = await readGuestConfig();
  t.strictSame(Object.keys(OPTIONS).toSorted(), modules.required.toSorted());
});

t.test('what a configuration does not build in is named, wherever the configuration is', async t => {
  const names = Object.keys(OPTIONS);
  const without = ALL.join('').replace('CONFIG_VETH=y', '# CONFIG_VETH is not set');
  const embed = (text: string): string => {
    const dir = t.testdir({});
    const path = join(dir, 'vmlinux');
    const marks = [Buffer.from('IKCFG_ST'), gzipSync(text), Buffer.from('IKCFG_ED')];
    writeFileSync(path, Buffer.concat([Buffer.alloc(100), ...marks]));
    return path;
  };
  await t.resolves(mustBuildIn(kernel(embed(ALL.join(''))), names));
  await t.rejects(mustBuildIn(kernel(embed(without)), names), {
    code: 'infra',
    message: /: CONFIG_VETH=n: /,
  });
  const dir = t.testdir({ '.config': without, arch: { x86: { boot: {} } } });
  const built = { ...kernel('/nowhere'), given: join(dir, 'arch', 'x86', 'boot', 'bzImage') };
  await t.rejects(mustBuildIn(built, names), { message: /: CONFIG_VETH=n: build them in/ });
  await t.resolves(mustBuildIn(kernel('/nowhere'), names), 'not known');
});

t.test('a kernel without drivers: what to build, or which package says what is built in', async t => {
  const dir = t.testdir({ bare: {}, listed: { 'modules.builtin': '' } });
  const lacks = (modulesDir: string): string =>
    lacksModules({ ...kernel('/nowhere'), modulesDir: join(dir, modulesDir) }, ['virtio_pci', 'veth'])
      .message;
  t.match(
    lacks('listed'),
    /lacks the modules virtio_pci, veth: build them, CONFIG_VIRTIO_PCI, CONFIG_VETH as y or m/,
  );
  t.match(lacks('bare'), /it has no modules\.builtin.*linux-base-6\.12\.1 in Debian/);
});
