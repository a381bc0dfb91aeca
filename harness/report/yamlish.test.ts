import { spawnSync } from 'node:child_process';
import t from 'tap';
import { parse } from 'yaml';
import { yamlishLines } from './yamlish.ts';

const VALUE = {
  reason: 'it says "no": at all',
  residuals: { 'devmap tx': 3, kthread: -1 },
  tries: [{ verdict: 'infra', reason: 'port 40123: taken' }],
  log: [
    '0: (b7) r0 = 0',
    'BUG: "x"',
    'a: : b',
    "it's: so",
    'a b: c',
    '',
    '...',
    '  ...',
    '---',
    '- a: b',
    'key:',
    ': x',
    'C:\\x3a: d',
    '[    2.1] RIP: 0010:f',
  ],
};

t.test('the same value for a parser of YAML, and for the one of perl’s prove', async t => {
  const lines = yamlishLines(VALUE);
  t.strictSame(parse(lines.join('\n')), VALUE);
  const script = `
    use TAP::Parser::YAMLish::Reader; use JSON::PP;
    my @lines = ('---', split(/\\n/, join('', <STDIN>)), '...');
    print JSON::PP->new->encode(TAP::Parser::YAMLish::Reader->new->read(sub { shift @lines }));`;
  const perl = spawnSync('perl', ['-e', script], { encoding: 'utf8', input: lines.join('\n') });
  t.equal(perl.status, 0, perl.stderr);
  // It has no numbers.
  const { residuals, ...rest } = JSON.parse(perl.stdout) as typeof VALUE;
  t.strictSame(rest.log, VALUE.log);
  t.strictSame(rest.tries, VALUE.tries);
  t.equal(rest.reason, VALUE.reason);
  t.strictSame(Object.keys(residuals).toSorted(), ['devmap tx', 'kthread']);
});
