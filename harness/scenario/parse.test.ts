import t from 'tap';
import { parseScenario, problemLines } from './parse.ts';
import { moduleSource, yamlSource } from './places.ts';
import type { Scenario } from './scenario.ts';
import { NAMES } from './vocabulary.fixture.ts';

const FILE = { name: 'one', file: 'one.yaml', path: '/scenarios/one.yaml' };

const GOOD = `title: The entry's program drops every frame on the remote CPU
source: cpumap.c, cpu_map_bpf_prog_run_xdp
requires: [cpumap-program]
axes: { nic: [veth, virtio], mode: [native, generic] }
setup:
  - cpumap: { name: cpus, entries: { 2: { qsize: 512, program: drop_all } } }
  - attach: { program: redirect_to_cpu, config: { cpu: 2 }, to: rx, mode: $mode }
traffic:
  - pktgen: { on: tx, count: 10000, size: 64, cpu: 0 }
expect:
  - sent == 10000
  - kthread.xdp_drop == cpumap.accepted
known:
  - kernels: ">=5.15 <7.4"
    when: { mode: generic }
    reason: cpu_map_bpf_prog_run_skb returns after the first drop
    fails: [kthread.xdp_drop == cpumap.accepted, { ledger: entry }]
    expect: { kthread.xdp_drop: "< cpumap.accepted" }
`;

function problemsOf(text: string): string[] {
  return problemLines('one.yaml', parseScenario(yamlSource(text), FILE, NAMES).problems);
}

function good(text: string): Scenario {
  const { scenario, problems } = parseScenario(yamlSource(text), FILE, NAMES);
  if (scenario === null) throw new Error(problemLines('one.yaml', problems).join('\n'));
  return scenario;
}

t.test('a scenario in four variants', async t => {
  const scenario = good(GOOD);
  t.strictSame(
    scenario.variants.map(({ suffix, topology, known }) => [suffix, topology, known.length]),
    [
      ['[nic=veth,mode=native]', 'veth', 0],
      ['[nic=veth,mode=generic]', 'veth', 1],
      ['[nic=virtio,mode=native]', 'virtio', 0],
      ['[nic=virtio,mode=generic]', 'virtio', 1],
    ],
  );
  const generic = scenario.variants[1];
  t.match(generic?.setup[1], {
    kind: 'attach',
    args: { mode: 'generic' },
    as: null,
    place: { line: 7, column: 5 },
  });
  t.match(generic?.traffic[0], { kind: 'pktgen', background: false, args: { burst: 1, mode: 'start_xmit' } });
  t.equal(generic?.expect[1]?.place.line, 12);
  t.equal(generic?.known[0]?.expect[0]?.text, 'kthread.xdp_drop < cpumap.accepted');
  t.strictSame(generic?.guest, { cpus: 4, memoryMiB: 512, queues: 1 });
});

t.test('mistakes name their place and the nearest name', async t => {
  const rows: [string, string, string][] = [
    ['qsize: 512', 'quise: 512', '6:43: unknown key `quise`, did you mean `qsize`?'],
    ['title: The', 'titel: The', '1:1: unknown key `titel`, did you mean `title`?'],
    ['requires: [', 'requires: [cpumap-progam, ', '3:12: requires[0]: `cpumap-progam` is not one of '],
    ['to: rx', 'to: xr', '7:5: there is no device `xr`, did you mean `rx`?'],
    [
      'mode: $mode',
      'mode: $mod',
      '7:75: no axis is called `$mod`, did you mean `mode`? (a dollar sign itself is `$$`)',
    ],
    ['{ mode: generic }', '{ mod: generic }', '15:18: no axis is called `mod`, did you mean `mode`?'],
    [
      '{ mode: generic }',
      '{ mode: genric }',
      '15:19: axis `mode` has no value `genric`, did you mean `generic`?',
    ],
    ['- sent == 10000', '- sent ==', '11:12: `sent ==`: unexpected token: EOF'],
    ['- sent == 10000', '- sennt == 1', '11:5: `sennt == 1`: unknown name `sennt`, did you mean `sent`?'],
    [
      '- sent == 10000',
      '- kthread.xdp_dorp == 1 || sent == 1',
      '11:5: `kthread.xdp_dorp == 1 || sent == 1`: unknown name `kthread.xdp_dorp`, did you mean `xdp_drop`?',
    ],
    ['- sent == 10000', '- sent.x == 1', '11:5: `sent.x == 1`: `sent` is a number, it has no `x`'],
    [
      '- sent == 10000',
      '- sent == 1 && "x" + 1',
      '11:18: `sent == 1 && "x" + 1`: no such overload: string + int',
    ],
    ['- sent == 10000', '- 1 + 1', '11:5: `1 + 1`: gives int, not true or false'],
    [
      '">=5.15 <7.4"',
      '6.10',
      '14:14: known[0].kernels: YAML reads `6.10` as the number 6.1: quote it, "6.10"',
    ],
    [
      '">=5.15 <7.4"',
      '">=foo"',
      '14:14: known[0].kernels: `>=foo` is not a range of kernel versions, such as ">=5.15 <7.0"',
    ],
    [
      '"< cpumap.accepted"',
      '"cpumap.accepted"',
      '18:33: `cpumap.accepted` must begin with an operator: ==, !=, <, <=, >, >= or in',
    ],
    ['setup:', 'kernels: ">=5.15"\nsetup:', '5:1: `kernels` needs `because` next to it: why only there'],
    ['count: 10000', 'count: 0', '9:30: traffic[0].pktgen.count: too small: expected number to be >=1'],
    [', count: 10000', '', '9:13: missing key `count`'],
    ['- pktgen:', '- as: sent\n    pktgen:', '9:9: `sent` is already a name in expectations: choose another'],
    ['- pktgen:', '- as: map\n    pktgen:', '9:9: `map` is already a name in expectations: choose another'],
    [
      '- pktgen:',
      '- wait: { for: 1 }\n    pktgen:',
      '9:5: a step does one thing, this one has pktgen and wait',
    ],
    [
      '[veth, virtio]',
      '[veth, 6.10]',
      '4:21: axes.nic[1]: YAML reads `6.10` as the number 6.1: quote it, "6.10"',
    ],
    [
      '[veth, virtio]',
      '[veth, e1000]',
      '4:14: axis `nic` has the value `e1000`, which is no topology (veth, virtio, link, none): write `topology`',
    ],
    [
      'setup:',
      'guest: { queues: 2 }\nsetup:',
      "5:18: `queues: 2`: QEMU's hub and its sockets have one queue; take topology veth",
    ],
    ['title: The', 'title: [The', '2:1: Flow sequence'],
  ];
  for (const [from, to, expected] of rows) {
    t.match(problemsOf(GOOD.replace(from, to)).join('\n'), `one.yaml:${expected}`, to);
  }
});

t.test('a device that the guest under test does not have', async t => {
  const oneVariant = (topology: string, device: string) =>
    GOOD.replace('axes: { nic: [veth, virtio], mode', `topology: ${topology}\naxes: { mode`).replace(
      'to: rx',
      `to: ${device}`,
    );
  t.strictSame(problemsOf(oneVariant('link', 'rx')), []);
  t.match(problemsOf(oneVariant('link', 'tx')), [
    /^one\.yaml:8:5: in topology `link` device `tx` is in the guest that only sends/,
  ]);
  t.match(problemsOf(oneVariant('none', 'rx')), [
    /^one\.yaml:8:5: there is no device `rx`/,
    /^one\.yaml:10:5: there is no device `tx`/,
  ]);
});

t.test('every problem of a file is reported once, in the order of the file', async t => {
  const text = GOOD.replace('qsize', 'quise')
    .replace('to: rx', 'to: x/r')
    .replace('{ mode: generic }', '{ mod: x }');
  const lines = problemsOf(text);
  t.equal(lines.length, 4, lines.join('\n'));
  t.strictSame(lines, [...new Set(lines)]);
  t.strictSame(
    lines.map(line => Number(line.split(':')[1])),
    [6, 6, 7, 15],
  );
});

t.test('$axis: typed when it stands alone, text within text, $$ for a dollar; when and exclude', async t => {
  const { variants } = good(`
title: t
source: s
axes: { q: [64, 128], mode: [native, generic] }
exclude: [{ q: 128, mode: generic }]
setup:
  - { cpumap: { name: cpus, max_entries: $q, entries: { 2: { qsize: $q } } }, when: { mode: native } }
  - exec: { argv: [sh, -c, 'echo $$HOME $q \${mode}'] }
after:
  - { as: look, lookup: { map: cpus, key: 2 } }
  - repeat: { times: $q, steps: [{ delete: { map: cpus, key: 2 } }] }
expect:
  - look.errno == "OK"
  - { expr: "variant.q == '$q' && sent == 0", when: { mode: [native] } }
`);
  t.strictSame(
    variants.map(({ suffix, topology }) => [suffix, topology]),
    [
      ['[q=64,mode=native]', 'none'],
      ['[q=64,mode=generic]', 'none'],
      ['[q=128,mode=native]', 'none'],
    ],
  );
  t.match(variants[2]?.setup, [
    { kind: 'cpumap', args: { max_entries: 128, entries: { 2: { qsize: 128 } } } },
    { kind: 'exec', args: { argv: ['sh', '-c', 'echo $HOME 128 native'] } },
  ]);
  t.strictSame(
    variants.map(({ setup, expect }) => [setup.length, expect.length]),
    [
      [2, 2],
      [1, 1],
      [2, 2],
    ],
  );
  t.match(variants[0]?.after, [
    { kind: 'lookup', as: 'look' },
    { kind: 'repeat', args: { times: 64, steps: [{ kind: 'delete' }] } },
  ]);
  t.equal(variants[2]?.expect[1]?.expression.text, "variant.q == '128' && sent == 0");
});

t.test('a feature may be needed by some variants alone', async t => {
  const scenario = good(
    GOOD.replace(
      '[cpumap-program]',
      '[cpumap-program, { feature: generic-cpumap, when: { mode: generic } }]',
    ),
  );
  t.strictSame(scenario.requires, ['cpumap-program']);
  t.strictSame(
    scenario.variants.map(({ requires }) => requires.length),
    [1, 2, 1, 2],
  );
});

t.test('a place stays right when steps before it belong to other variants', async t => {
  const text = GOOD.replace('setup:\n', 'setup:\n  - { wait: { for: 1 }, when: { mode: generic } }\n');
  t.strictSame(problemsOf(text.replace('qsize', 'quise')).at(-1)?.split(' ')[0], 'one.yaml:7:43:');
});

t.test('a scenario can be a value that a program made', async t => {
  const made = { title: 't', source: 's', expect: ['sent == 0'] };
  t.equal(parseScenario(moduleSource(made), FILE, NAMES).scenario?.variants.length, 1);
  t.match(parseScenario(moduleSource({ ...made, exepct: [] }), FILE, NAMES).problems, [
    { place: { line: 1, column: 1 }, text: 'unknown key `exepct`, did you mean `expect`?' },
  ]);
  t.match(parseScenario(moduleSource(undefined), FILE, NAMES).problems, [{ text: /is a mapping/ }]);
});

t.test('an expectation that no kernel can fail, or that applies in no cell, is a mistake', async t => {
  const expecting = (...lines: string[]) =>
    problemsOf(
      GOOD.replace('  - sent == 10000', lines.map(line => `  - ${line}`).join('\n')).replace(
        /known:[^]*/,
        '',
      ),
    );
  const never = /^one\.yaml:11:\d+: .*this expectation can never (fail|hold)/;
  const refused = [
    "'true'",
    "'true || sent == 1'",
    'xdp.pass >= 0',
    "'sent == 1 || xdp.pass >= 0'",
    "'sent == 1 && xdp.pass >= 0'",
    "'!(xdp.pass < 0)'",
    'xdp.pass < 0',
    'xdp.pass + sent >= 0',
    'xdp.pass == xdp.pass',
    "'sent == 1 || sent != 1'",
    "'sent > 1 || !(sent > 1)'",
    'xdp.pass * 0 == 0',
    '-1 < xdp.pass',
    '\'kernel.version != "x" || xdp.pass >= 0\'',
    "'1 == 1'",
    '\'variant.nic == "veth"\'',
    '\'kernel.at_least("5.10")\'',
  ];
  for (const expr of refused) t.match(expecting(expr)[0], never, expr);
  const right = [
    'sent == 0',
    'sent > 0',
    'sent - xdp.pass >= 0',
    '\'variant.nic == "veth" || sent == 0\'',
    '\'kernel.at_least("6.1") || sent == 0\'',
    '\'log.all(line, line != "x")\'',
    "'log.all(sent, sent >= 0)'",
    "'size(log) == 0'",
    '\'sent == (variant.nic == "veth" ? 0 : 1)\'',
    '\'"$nic" == "veth" || sent == 0\'',
  ];
  for (const expr of right) t.strictSame(expecting(expr), [], expr);

  const axes = GOOD.replace(/known:[^]*/, '').replace(
    'mode: [native, generic]',
    'mode: [native, generic], q: [0, 8]',
  );
  t.strictSame(
    problemsOf(axes.replace('sent == 10000', 'sent >= $q')),
    [],
    'it can fail in one of the variants',
  );
  t.match(problemsOf(axes.replace('sent == 10000', 'sent + $q >= 0')), [/never fail/], 'in none');

  t.match(expecting('{ expr: sent == 1, kernels: "<5.0", because: x }'), [
    /11:33: applies in no cell: no kernel of the scenario is in `<5\.0`/,
  ]);
  t.strictSame(expecting('{ expr: sent == 1, kernels: "<5.11", because: x }'), []);
  const nowhere = GOOD.replace(
    /known:[^]*/,
    '  - { expr: sent == 1, when: { nic: virtio, mode: generic } }\n',
  );
  t.strictSame(problemsOf(nowhere), []);
  t.match(problemsOf(nowhere.replace('setup:', 'exclude: [{ nic: virtio, mode: generic }]\nsetup:')), [
    /^one\.yaml:14:5: `expect` 3 applies in no cell/,
  ]);
});

t.test('the result of a step is read by an expectation, and kept once', async t => {
  const withStep = (step: string, expr = 'look.errno == "OK"') =>
    problemsOf(
      GOOD.replace('traffic:\n', `traffic:\n${step}\n`).replace('  - sent == 10000', `  - '${expr}'`),
    );
  const look = '  - { lookup: { map: cpus, key: 2 }, as: look }';
  t.strictSame(withStep(look), []);
  t.match(withStep(look, 'sent == 10000'), [/^one\.yaml:9:5: `as: look`: no expectation reads the result/]);
  t.match(withStep(`${look}\n${look}`), [
    /^one\.yaml:10:5: `as: look` is the name of the step in line 9 already/,
  ]);
  t.match(withStep(look, 'look.qsise == 1'), [
    /^one\.yaml:12:6: .*a `lookup` returns errno, where, log, value, decoded, qsize, prog_id, did you mean `qsize`\?/,
  ]);
  const repeated = (times: number) =>
    `  - repeat: { times: ${times}, steps: [{ lookup: { map: cpus, key: 2 }, as: look }] }`;
  t.strictSame(withStep(repeated(1)), []);
  t.match(withStep(repeated(2)), [/^one\.yaml:9:.*each time would overwrite `look`/]);
});

t.test('a known entry names what fails, by the words of the scenario', async t => {
  const fails = '[kthread.xdp_drop == cpumap.accepted, { ledger: entry }]';
  const naming = (list: string) => problemsOf(GOOD.replace(fails, list));
  t.strictSame(naming('[sent == 10000, { ledger: kthread.xdp_drop }, { ledger: devmap any }]'), []);
  t.match(naming('[sent == 1000]'), [/^one\.yaml:17:13: `sent == 1000` is no expectation of this scenario/]);
  t.match(naming('[{ ledger: entri }]'), [
    /^one\.yaml:17:13: the ledger has no stage and no sink `entri`, did you mean `entry`\?/,
  ]);
  t.match(naming('[]'), [/^one\.yaml:14:5: `fails` is missing/]);
  const oneVariant = GOOD.replace('- sent == 10000', '- { expr: sent == 10000, when: { mode: native } }');
  t.match(
    problemsOf(oneVariant.replace(fails, '[sent == 10000]')),
    [/no expectation of this scenario/],
    'native, the entry is for generic',
  );
});

t.test('a cpumap that no program uses is a mistake, since all would hold without it', async t => {
  const unused = (more: string, expect = 'stack.delivered == 10') => `
title: t
source: s
topology: veth
setup:
  - cpumap: { name: cpus, entries: { 2: { qsize: 64 } } }
${more}
traffic:
  - send: { on: tx, count: 10 }
expect: [sent == 10, '${expect}']
`;
  t.match(problemsOf(unused('')), [
    /^one\.yaml:6:5: no packet is redirected into this map: no step attaches or runs a program/,
  ]);
  t.same(problemsOf(unused('', 'cpumap.accepted == 0')), [], 'an expectation says so');
  t.same(
    problemsOf(unused('  - attach: { program: redirect_to_cpu, config: { cpu: 2 }, to: rx, mode: native }')),
    [],
  );
  t.same(problemsOf(unused('  - exec: { argv: [loader] }')), [], 'a command may load a program');
});
