import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { RunFolder } from './results.ts';

t.test('a cell has a folder that can be seen, wherever its scenario is', async t => {
  const folder = RunFolder.create(join(t.testdir(), 'run'));
  const names = [
    ['cpumap/update/errors@7.3', 'cpumap_update_errors@7.3'],
    ['../../tmp/mine[nic=veth,mode=native]@6.12', '__.._tmp_mine[nic=veth,mode=native]@6.12'],
  ] as const;
  for (const [id, name] of names) {
    t.equal(folder.cellDir(id), join('cells', name));
    t.ok(existsSync(join(folder.dir, 'cells', name)));
  }
});
