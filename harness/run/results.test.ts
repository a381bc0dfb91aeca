import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { CellResult } from '../model/cell.ts';
import { refuseSharedFolders, RunFolder } from './results.ts';

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

t.test('no two cells of a plan have the same folder', async t => {
  const dir = join(t.testdir(), 'run');
  const ids = ['a b@7.3', 'a_b@7.3', 'A/b@7.3', 'c@7.3'];
  const folder = RunFolder.create(dir, ids);
  const dirs = ids.map(id => folder.cellDir(id));
  t.equal(new Set(dirs.map(name => name.toLowerCase())).size, ids.length, dirs.join(' '));
  t.equal(dirs[3], join('cells', 'c@7.3'));
  const shard = RunFolder.create(join(dir, 'shard'), ids);
  t.equal(shard.cellDir('a_b@7.3'), dirs[1], 'the same in another shard of the plan');
});

t.test('a name that no file system can hold is cut, and stays different', async t => {
  const folder = RunFolder.create(join(t.testdir(), 'run'));
  const long = 'x'.repeat(300);
  const [one, other] = [folder.cellDir(`${long}1@7.3`), folder.cellDir(`${long}2@7.3`)];
  t.not(one, other);
  t.ok(existsSync(join(folder.dir, one)) && existsSync(join(folder.dir, other)));
});

t.test('a folder has one run, and a second one learns whose it is', async t => {
  const dir = join(t.testdir(), 'run');
  const folder = RunFolder.create(dir);
  const going = new RegExp(`goes on \\(process ${process.pid}\\)`);
  t.throws(() => RunFolder.create(dir), { code: 'usage', message: going });
  folder.close();
  t.throws(() => RunFolder.create(dir), { code: 'usage', message: /run holds a run already/ });
  writeFileSync(join(dir, '.running'), '4194305');
  t.throws(() => RunFolder.create(dir), { message: /holds a run already/ }, 'one that was killed');
});

t.test('a path that cannot be a folder is wrong usage', async t => {
  const dir = t.testdir({ file: '' });
  for (const path of [join(dir, 'file'), join(dir, 'file', 'below'), join(dir, 'x'.repeat(300))])
    t.throws(() => RunFolder.create(path), { code: 'usage', message: /^cannot make the run's folder/ });
});

t.test('artifacts that cannot be kept are reported once per kind, and nothing is thrown', async t => {
  const folder = RunFolder.create(join(t.testdir(), 'run'));
  const lost: string[] = [];
  folder.onLoss(text => lost.push(text));
  rmSync(join(folder.dir, 'cells'), { recursive: true });
  writeFileSync(join(folder.dir, 'cells'), 'a file');
  for (const id of ['a@1', 'b@1']) {
    const cell = folder.cellDir(id);
    await folder.keepTry(cell, '', { consoles: {}, observations: null });
  }
  t.match(lost, [/^artifacts of cells\/a@1, and perhaps of later cells, cannot be kept: ENOTDIR/]);
  t.equal(lost.length, 1);
});

t.test('runs whose cells have folders of the same name cannot be copied into one', async t => {
  const result = (id: string, dir: string) => ({ cell: { id }, dir }) as CellResult;
  refuseSharedFolders([result('a b@1', 'cells/a_b@1'), result('a b@1', 'cells/a_b@1'), result('x@1', '')]);
  t.throws(() => refuseSharedFolders([result('a b@1', 'cells/a_b@1'), result('a_b@1', 'cells/a_b@1')]), {
    code: 'usage',
    message: /^a b@1 and a_b@1 both have their artifacts in cells\/a_b@1: rename/,
  });
});
