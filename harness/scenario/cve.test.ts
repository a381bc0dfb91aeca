import t from 'tap';
import { parseScenario } from './parse.ts';
import { yamlSource } from './places.ts';
import { NAMES } from './vocabulary.fixture.ts';

const FACTS = "id: CVE-2026-23359, subject: 'bpf: Fix it', fixed: ['6.12.77', '7.0']";

function parse(cve: string, axes = '{ mode: [native, generic] }') {
  const text = `title: t\nsource: s\naxes: ${axes}\ncve: ${cve}\nexpect: [sent == 0]\n`;
  return parseScenario(yamlSource(text), { name: 't', file: 't.yaml', path: '/t.yaml' }, NAMES);
}

function unaffected(item: string): string {
  return `{ ${FACTS}, unaffected: [{ ${item} }], vulnerable: [{ splat: x }] }`;
}

function problemsOf(cve: string): string[] {
  return [...new Set(parse(cve).problems.map(({ place, text }) => `${place.line}: ${text}`))];
}

t.test('what a defect needs', async t => {
  const rows: [string, RegExp | null][] = [
    [`{ ${FACTS}, vulnerable: [{ splat: 'KASAN: x' }] }`, null],
    [`{ ${FACTS}, commit: b7bf516c3ecd, vulnerable: [{ splat: [BUG, RIP], fails: [sent == 0] }] }`, null],
    [`{ ${FACTS}, unaffected: [{ without: generic-cpumap }], vulnerable: [{ splat: x }] }`, null],
    [`{ ${FACTS}, unaffected: [{ without: preempt-rt }], vulnerable: [{ splat: x }] }`, null],
    [`{ ${FACTS} }`, /vulnerable/],
    [`{ ${FACTS}, vulnerable: [] }`, /vulnerable/],
    [`{ ${FACTS}, vulnerable: [{}] }`, /^4: evidence is a `splat`/],
    [`{ ${FACTS}, vulnerable: [{ splat: '(' }] }`, /`\(` is not a regular expression/],
    [`{ ${FACTS}, vulnerable: [{ fails: [sent == 1] }] }`, /`sent == 1` is no expectation of this scenario/],
    [
      `{ ${FACTS}, unaffected: [{ without: update-errno }], vulnerable: [{ splat: x }] }`,
      /nothing but the version says/,
    ],
    [unaffected('expr: sent == 0, because: b, fails: [sent == 0, { ledger: entry }]'), null],
    [unaffected('expr: snet == 0, because: b, fails: [sent == 0]'), /snet/],
    [unaffected('expr: sent == 0, fails: [sent == 0]'), /because|unaffected/],
    [unaffected('expr: sent == 0, because: b'), /fails|unaffected/],
    [unaffected('expr: sent == 0, because: b, fails: []'), /fails|unaffected/],
    [unaffected('expr: sent == 0, because: b, fails: [sent == 1]'), /`sent == 1` is no expectation/],
    [unaffected('expr: sent == 0, because: b, fails: [{ ledger: entyr }]'), /no stage and no sink `entyr`/],
    [`{ id: CVE-26, subject: s, fixed: ['7.0'], vulnerable: [{ splat: x }] }`, /id/],
    [`{ id: CVE-2026-23359, subject: s, fixed: [next], vulnerable: [{ splat: x }] }`, /fixed/],
  ];
  for (const [cve, problem] of rows) {
    const problems = problemsOf(cve);
    if (problem === null) t.same(problems, [], cve);
    else t.match(problems.join('\n'), problem, cve);
  }
});

t.test('evidence can be that of some variants, and a feature that is missed is required', async t => {
  const { scenario, problems } = parse(
    `{ ${FACTS}, unaffected: [{ without: xdp-frags }], vulnerable: [{ splat: a, when: { mode: native } }, { splat: b }] }`,
  );
  t.same(problems, []);
  t.same(
    scenario?.variants.map(({ cve }) => cve?.signs.map(({ splat }) => splat.map(String))),
    [[['/a/'], ['/b/']], [['/b/']]],
  );
  t.same(scenario?.requires, ['xdp-frags']);
  t.match(scenario?.variants[0]?.cve, { id: 'CVE-2026-23359', commit: null, fixed: ['6.12.77', '7.0'] });
});
