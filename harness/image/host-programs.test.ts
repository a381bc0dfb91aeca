import { join } from 'node:path';
import { chmodSync } from 'node:fs';
import t from 'tap';
import { newestBpftool } from './host-programs.ts';

t.test("Ubuntu's bpftool: that of the newest kernel whose tools are whole", async t => {
  const dir = t.testdir({
    '6.8.0-9-generic': { bpftool: 'x' },
    '6.8.0-31-generic': { bpftool: 'y' },
    '6.11.0-1-azure': { perf: 'z' },
  });
  for (const name of ['6.8.0-9-generic', '6.8.0-31-generic']) chmodSync(join(dir, name, 'bpftool'), 0o755);
  t.equal(await newestBpftool(dir), join(dir, '6.8.0-31-generic', 'bpftool'));
  t.equal(await newestBpftool(join(dir, 'nowhere')), null);
});
