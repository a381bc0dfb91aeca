import t from 'tap';
import { durationMs } from './exec-step.ts';
import { parseScenario, problemLines } from './parse.ts';
import { yamlSource } from './places.ts';
import { NAMES } from './vocabulary.fixture.ts';

t.test('durations', async t => {
  const rows: [number | string, number | null][] = [
    [250, 250],
    ['250 ms', 250],
    ['60 s', 60_000],
    ['60s', 60_000],
    ['1.5 min', 90_000],
    ['60', null],
    ['60 h', null],
    ['s', null],
    ['-1 s', null],
  ];
  for (const [text, ms] of rows) t.equal(durationMs(text), ms, String(text));
});

t.test('mistakes of `exec` have a place and say what is right', async t => {
  const rows: [string, RegExp][] = [
    ['argv: []', /exec\.argv/],
    ['argv: [x], timeout: 11 min', /must be between 1 and 600,000 ms \(10 min\)/],
    ['argv: [x], timeout: 0', /must be between 1 and 600,000 ms/],
    ['argv: [x], timeout: soon', /`soon` is not a duration: write milliseconds, or a text such as "60 s"/],
    ['argv: [x], timout: 5', /unknown key `timout`, did you mean `timeout`\?/],
    ['argv: [x], status: 256', /exec\.status/],
    ['argv: [x], env: { "A=B": 1 }', /exec\.env/],
    [`argv: [x], artifacts: [${'/a,'.repeat(257)}]`, /exec\.artifacts/],
  ];
  for (const [args, wanted] of rows) {
    const text = `title: t\nsource: s\nsetup: [{ exec: { ${args} } }]\nexpect: [sent == 0]\n`;
    const { problems } = parseScenario(
      yamlSource(text),
      { name: 's', file: 's.yaml', path: '/s.yaml' },
      NAMES,
    );
    t.match(problemLines('s.yaml', problems)[0] ?? 'no problem', wanted, args.slice(0, 40));
    t.match(problemLines('s.yaml', problems)[0], /^s\.yaml:3:/);
  }
});
