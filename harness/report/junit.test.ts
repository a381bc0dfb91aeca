import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { GOLDEN_RUNS, goldenEvents, reportOf } from './golden.ts';
import { createJunitReporter } from './junit.ts';
import { xmlAttribute, xmlText } from './xml.ts';

// This file runs from dist/report/; the schema is not copied there.
const SCHEMA = join(import.meta.dirname, '../../harness/report/testdata/junit.xsd');

interface Xml {
  readonly valid: boolean;
  readonly problems: string;
}

function validate(xml: string): Xml {
  const checked = spawnSync('xmllint', ['--nonet', '--noout', '--schema', SCHEMA, '-'], {
    input: xml,
    encoding: 'utf8',
  });
  if (checked.error !== undefined) throw new Error(`xmllint (libxml2-utils): ${checked.error.message}`);
  return { valid: checked.status === 0, problems: checked.stderr };
}

function evaluate(xml: string, xpath: string): string {
  return spawnSync('xmllint', ['--nonet', '--xpath', xpath, '-'], {
    input: xml,
    encoding: 'utf8',
  }).stdout.trim();
}

for (const run of GOLDEN_RUNS) {
  t.test(`run ${run} is valid for Jenkins, and its counts agree with its cases`, async t => {
    const xml = reportOf(createJunitReporter(), goldenEvents(run));
    const { valid, problems } = validate(xml);
    t.ok(valid, problems);
    const suites = Number(evaluate(xml, 'count(/testsuites/testsuite)'));
    for (let i = 1; i <= suites; i++) {
      const suite = `/testsuites/testsuite[${i}]`;
      for (const [attribute, cases] of [
        ['tests', 'testcase'],
        ['failures', 'testcase[failure]'],
        ['errors', 'testcase[error]'],
        ['skipped', 'testcase[skipped]'],
      ] as const) {
        t.equal(
          evaluate(xml, `string(${suite}/@${attribute})`),
          evaluate(xml, `count(${suite}/${cases})`),
          attribute,
        );
      }
    }
  });
}

t.test('the schema refuses duplicate cells (GitLab would show one) and unknown outcomes', async t => {
  const xml = reportOf(createJunitReporter(), goldenEvents('one'));
  const testcase = /    <testcase.*\n/.exec(xml)?.[0] ?? '';
  t.match(validate(xml.replace(testcase, testcase + testcase)).problems, /each-cell-once/);
  t.notOk(validate(xml.replace(testcase, '    <testcase name="x"/>\n')).valid);
});

t.test('escapes', async t => {
  t.equal(xmlText(']]> <a> & "b"'), ']]&gt; &lt;a&gt; &amp; "b"');
  t.equal(xmlAttribute(`"a"'b'\n<\t>&`), '&quot;a&quot;&apos;b&apos;&#10;&lt;&#9;&gt;&amp;');
  t.equal(xmlText('\u0000\u001b[1mx\uffff\ud800'), '\\x00\\x1b[1mx\\uffff\\ud800');
});
