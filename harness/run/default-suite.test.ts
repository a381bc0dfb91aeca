import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { PACKAGE_ROOT } from '../util/paths.ts';

t.test(
  'the default suite is the one for cpumap, but for what takes long or needs kernels of its own',
  async t => {
    const { suites } = parse(readFileSync(join(PACKAGE_ROOT, 'bpfrig.yaml'), 'utf8')) as {
      suites: readonly string[];
    };
    const folders = readdirSync(join(PACKAGE_ROOT, 'scenarios', 'cpumap'), { withFileTypes: true })
      .filter(entry => entry.isDirectory() && !['faults', 'races'].includes(entry.name))
      .map(({ name }) => `scenarios/cpumap/${name}`);
    t.same([...suites].toSorted(), folders.toSorted());
  },
);
