import { execa } from 'execa';
import t from 'tap';
import { buildGuestPrograms } from '../image/build.ts';
import { FEATURES } from '../kernel/features.ts';
import { cacheRoot } from '../util/paths.ts';

t.setTimeout(180_000);

t.test('the agent has every probe that a feature names', async t => {
  const { agent } = await buildGuestPrograms({ arch: 'amd64', cacheDir: cacheRoot() });
  const { stdout } = await execa(agent, ['describe']);
  const { probes } = JSON.parse(stdout) as { probes: string[] };
  const named = Object.values(FEATURES).flatMap(({ probe }) => probe ?? []);
  t.ok(named.length > 0);
  t.same(
    named.filter(probe => !probes.includes(probe)),
    [],
  );
});
