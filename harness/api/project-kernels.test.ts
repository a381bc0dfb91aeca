import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { projectKernels } from './project-kernels.ts';

t.test('the kernels of a project, and the default ones without', async t => {
  // The folder for tests is in a project itself.
  const dir = mkdtempSync(join(tmpdir(), 'bpfrig-kernels-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'bpfrig.yaml'), 'kernels: [6.12, debian:sid/7.3]\n');
  t.strictSame(projectKernels(dir), ['6.12', 'debian:sid/7.3']);
  writeFileSync(join(dir, 'bpfrig.yaml'), '');
  t.ok(projectKernels(dir).includes('7.3'));
});
