import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { PACKAGE_ROOT } from '../util/paths.ts';
import { ARCHITECTURES, architectureOfElf, hostArchitecture } from './architectures.ts';

const FOREIGN = ARCHITECTURES.filter(({ name }) => name !== 'amd64');

t.test(
  '--setup installs what guests of each architecture need, by the names that the messages have',
  async t => {
    const script = readFileSync(join(PACKAGE_ROOT, 'images', 'install-packages.sh'), 'utf8');
    for (const { name, machine, toolchain } of FOREIGN) {
      const branch =
        new RegExp(`^\\t${name} \\| \\*/${name} \\| --arch=${name}\\)[\\s\\S]*?;;`, 'm').exec(script)?.[0] ??
        '';
      const words = branch.split(/[\s"]+/);
      const linker = toolchain.linker === undefined ? [] : [toolchain.linker.package];
      for (const wanted of [machine.qemu.package, toolchain.package, ...linker])
        t.ok(words.includes(wanted), `${name}: ${wanted}`);
    }
  },
);

t.test('an architecture is found by what a file or a host says', async t => {
  for (const { name, nodeName, elfMachine, byteOrder } of ARCHITECTURES) {
    t.equal(hostArchitecture(nodeName)?.name, name);
    t.equal(architectureOfElf(elfMachine, byteOrder)?.name, name);
  }
  t.equal(hostArchitecture('mips'), null);
  t.equal(architectureOfElf(62, 'big'), null);
});
