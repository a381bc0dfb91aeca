import t from 'tap';
import { devmapTargets } from './devmap-targets.ts';
import { entryPrograms } from './entry-programs.ts';
import { count } from './counters.ts';
import { stages } from './ledger.ts';
import { enqueue, entry, kthread, main, redirected, scenarioOf, seen, source } from './made-up.fixture.ts';

const [VARIANT] = scenarioOf(`
title: t
source: s
setup:
  - cpumap: { name: cpus, entries: { 0: { qsize: 8 }, 1: { qsize: 8, program: p }, 2: { qsize: 8 } } }
  - { update: { map: cpus, key: 3, qsize: 8, program: p }, as: refused }
  - { update: { map: cpus, key: 3, qsize: 8 } }
  - { update: { map: cpus, key: 0, qsize: 8, prog_fd: -1 } }
traffic:
  - repeat: { times: 2, steps: [{ update: { map: cpus, key: 2, qsize: 8, program: p } }] }
expect: ["refused.errno == 'ENOMEM'"]
`).variants;

t.test('entries by the programs that the steps gave them', async t => {
  if (VARIANT === undefined) throw new Error('no variant');
  const refused = entryPrograms(VARIANT, { refused: { errno: 'ENOMEM' } });
  t.strictSame([...refused.never].toSorted(), ['cpus:0', 'cpus:3']);
  t.strictSame([...refused.sometimes], ['cpus:2']);
  t.strictSame([...entryPrograms(VARIANT, { refused: { errno: 'OK' } }).sometimes].toSorted(), [
    'cpus:2',
    'cpus:3',
  ]);
});

t.test('only frames of an entry that had no program may go past it', async t => {
  if (VARIANT === undefined) throw new Error('no variant');
  const residual = (cpu: number, ran: number) => {
    const observations = seen({
      sources: [source(100)],
      programs: [main({ redirect: 100 }), entry({ pass: ran })],
      observers: {
        redirect: [redirected(100)],
        enqueue: [enqueue(100, 0, { to_cpu: cpu })],
        kthread: [kthread(100, { cpu, xdp_pass: ran })],
      },
      delivered: 100,
      steps: { refused: { errno: 'ENOMEM' } },
    });
    const { accounts } = count(
      observations,
      { version: '6.12.1', series: '6.12', arch: 'amd64' as const },
      VARIANT,
    );
    return stages(accounts).find(({ name }) => name === 'entry')?.residual;
  };
  t.equal(residual(0, 0), 0, 'never a program');
  t.equal(residual(1, 100), 0, 'always one');
  t.equal(residual(1, 60), 40, 'always one, and 40 went past it');
  t.equal(residual(2, 60), 0, 'one at times');
});

t.test('a map without any program: the kthread of an offline CPU takes its frames out elsewhere', async t => {
  const [plain] = scenarioOf(`
title: t
source: s
setup: [{ cpumap: { name: cpus, entries: { 2: { qsize: 8 } } } }]
traffic: [{ cpu: { cpu: 2, online: false } }]
expect: ['sent == 100']
`).variants;
  if (plain === undefined || VARIANT === undefined) throw new Error('no variant');
  const residual = (variant: typeof plain) => {
    const observations = seen({
      sources: [source(100)],
      programs: [main({ redirect: 100 })],
      observers: {
        redirect: [redirected(100)],
        enqueue: [enqueue(100)],
        kthread: [kthread(100, { cpu: 7 })],
      },
      delivered: 100,
      steps: { refused: { errno: 'ENOMEM' } },
    });
    const { accounts } = count(
      observations,
      { version: '6.12.1', series: '6.12', arch: 'amd64' as const },
      variant,
    );
    return stages(accounts).find(({ name }) => name === 'entry')?.residual;
  };
  t.equal(residual(plain), 0);
  t.equal(residual(VARIANT), 100, 'a map with programs: nothing may pass on a CPU without an entry');
});

t.test('entries of a devmap, by `update` and by `fill`', async t => {
  const [variant] = scenarioOf(`
title: t
source: s
topology: veth
setup:
  - { update: { map: devs, key: 0, device: rx, program: p } }
  - { fill: { map: devs, entries: [{ key: 1, device: rx, program: p }, { key: 2, device: rx }, { key: 3, value: 1 }] } }
traffic: [{ update: { map: devs, key: 1, device: tx } }]
expect: ['sent == 100']
`).variants;
  if (variant === undefined) throw new Error('no variant');
  const { always, sometimes, never } = entryPrograms(variant, {});
  t.strictSame([[...always], [...sometimes], [...never]], [['devs:0'], ['devs:1'], ['devs:2']]);
  const mapTypes = { devs: 'devmap_hash' };
  t.equal(devmapTargets({ seen: seen({ mapTypes }), variant }), null, 'a device by its number may be any');
  const update = variant.setup.filter(({ kind }) => kind === 'update');
  const targets = devmapTargets({ seen: seen({ mapTypes }), variant: { ...variant, setup: update } });
  t.strictSame([...(targets ?? [])], ['rx', 'tx']);
});
