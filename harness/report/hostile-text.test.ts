import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Parser } from 'tap-parser';
import t from 'tap';
import type { CellResult } from '../model/cell.ts';
import type { RunEvent } from '../model/events.ts';
import { goldenEvents, reportOf } from './golden.ts';
import { readEvents } from './jsonl.ts';
import { createReporter, REPORTERS, type ReporterName } from './registry.ts';

// A few thousand reports, which take their time on a busy host.
t.setTimeout(120_000);

const PLAIN = {
  color: false,
  tty: false,
  columns: 0,
  groups: false,
  kcidb: { origin: 'example', files: null },
};

/** What a guest, a package or a file may say to break out of the form in which it is reported. */
const HOSTILE: Readonly<Record<string, string>> = {
  colour: '\u001b[31mred\u001b[0m',
  'window title': '\u001b]0;owned\u0007',
  'link, by C1': '\u009d8;;http://evil\u009ctext',
  'clear screen': '\u001b[2J\u001b[H\u009b2J',
  'carriage return': 'fail\rpass',
  'direction of writing': 'a\u202ecba\u202c\u2066b\u2069',
  'line separators': 'a\u2028b\u2029c\u0085d\u000be\u000cf',
  'illegal in XML': '\u0000\u0001\u001f\ufffe\uffff',
  'halves of a pair': '\ud83d and \udc00',
  invisible: 'a\u200bb\ufeffc\u{e0041}d',
  markup: '<b>&amp;"\'</b>',
  'end of CDATA': ']]>',
  'end of a script': '</script></noscript></pre></style><script>alert(1)</script><!--',
  'end of details': '</code></summary></details>',
  'tables and fences': 'a | b ` c `` d ```\n```\n| x | y |',
  markdown: '# h\n- [x](http://evil) ![i](http://evil) www.evil.org @all #1 *b* _i_ ~~s~~ <details>',
  "GitHub's command": '::error::x\n::add-mask::secret\n  ::set-output name=a::b\n::stop-commands::t',
  "GitHub's old command": '##[add-mask]secret\ntext ##[set-env name=PATH]x',
  'escapes of a command': '%0A::error::x%0D%25',
  TAP: 'ok 1 - x\nnot ok 2\n1..0\nBail out!\n---\n...\n    # Subtest: x\npragma +strict',
  'directives of TAP': '# SKIP all # TODO \\# x',
  KTAP: 'KTAP version 1\n1..9\nok 9 x # SKIP',
  YAML: '...\n---\n- &a *a !!binary |\n  x: {{',
  JSON: '"}],\n{"type":"run-end","exitCode":0}',
  long: 'x'.repeat(5000),
};

/** A run in which a guest, a kernel and a host say a text wherever they can. */
function runThatSays(text: string): readonly RunEvent[] {
  return goldenEvents('full').map((event): RunEvent => {
    switch (event.type) {
      case 'run-start':
        return { ...event, host: { ...event.host, qemu: text, accelReason: text }, argv: [text] };
      case 'kernel-ready': {
        const packages = event.kernel.packages.map(one => ({ ...one, version: text }));
        const said = { version: text, release: text, notes: [text], packages };
        return { ...event, kernel: { ...event.kernel, ...said } };
      }
      case 'kernel-failed':
        return { ...event, reason: text };
      case 'note':
        return { ...event, text };
      case 'cell-end':
        return { ...event, result: resultThatSays(event.result, text) };
      default:
        return event;
    }
  });
}

function resultThatSays(result: CellResult, text: string): CellResult {
  return {
    ...result,
    reason: result.verdict === 'pass' ? '' : text,
    cell: { ...result.cell, title: text },
    expectations: result.expectations.map(one => ({
      ...one,
      expr: text,
      values: one.values === null ? null : text,
      error: one.error === null ? null : text,
    })),
    counters: { ...result.counters, text, log: [text] },
    earlierTries: result.earlierTries.map(one => ({ ...one, reason: text })),
    repeat: text,
    consoleTail: result.consoleTail.length === 0 ? [] : [text, ...text.split('\n')],
    detail: result.detail === null ? null : text,
  };
}

function said(name: ReporterName, text: string): string {
  return reportOf(createReporter(name, PLAIN), runThatSays(text));
}

/** Characters that must not stand in a report as they are: those that are not seen, or that move something. */
const UNSEEN = /(?![\n\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Whether a report is what it would be with a harmless text: judged by a parser of the form where there is one. */
type Judge = (text: string, harmless: string, t: Tap) => void;
type Tap = typeof t;

function sameCount(t: Tap, what: RegExp, text: string, harmless: string, name: string): void {
  t.equal(text.match(what)?.length ?? 0, harmless.match(what)?.length ?? 0, name);
}

function isLog(t: Tap, text: string): void {
  t.notMatch(text, /^\s*::/m, 'no command of GitHub');
  t.notMatch(text, /##\[/, 'no old command of GitHub');
}

const JUDGES: Readonly<Record<ReporterName, Judge>> = {
  terminal: (text, _, t) => isLog(t, text),
  tap: (text, harmless, t) => {
    const faults: unknown[] = [];
    const results: unknown[] = [];
    const parser = new Parser({ strict: true }, final =>
      faults.push(...final.failures.filter(f => 'tapError' in f && f.tapError)),
    );
    parser.on('assert', result => results.push(result));
    parser.on('extra', line => faults.push(line));
    parser.on('bailout', reason => faults.push(`bailed out: ${reason}`));
    parser.on('child', () => faults.push('a subtest'));
    parser.end(text);
    t.strictSame(faults, []);
    t.equal(results.length, 10);
    sameCount(
      t,
      /# (?:SKIP|TODO) /g,
      text.replace(/^[# ].*$/gm, '').replace(/\\#/g, ''),
      harmless.replace(/^[# ].*$/gm, ''),
      'directives',
    );
    isLog(t, text);
  },
  ktap: (text, harmless, t) => {
    const LINE = /^(?: {2})*(?:KTAP version 1|1\.\.\d+|(?:not )?ok \d+ [^#]*(?:# .*)?|# .*)$/;
    for (const line of text.trimEnd().split('\n'))
      if (!LINE.test(line)) t.fail(`a line of another form: ${line}`);
    sameCount(t, /^ *(?:not )?ok \d+ /gm, text, harmless, 'tests');
    isLog(t, text);
  },
  junit: (text, harmless, t) => {
    const path = join(t.testdir(), 'junit.xml');
    writeFileSync(path, text);
    t.doesNotThrow(
      () => execFileSync('xmllint', ['--noout', '--nonet', path], { stdio: 'pipe' }),
      'xmllint reads it',
    );
    sameCount(t, /<[a-z-]+/g, text, harmless, 'elements');
  },
  json: (text, _, t) => t.doesNotThrow(() => JSON.parse(text)),
  kcidb: (text, harmless, t) => {
    t.doesNotThrow(() => JSON.parse(text));
    sameCount(t, /^ *"\w+": /gm, text, harmless, 'properties');
    isLog(t, text);
  },
  jsonl: (text, harmless, t) => {
    t.equal(readEvents(text, 'text').events.length, readEvents(harmless, 'harmless').events.length);
    isLog(t, text);
  },
  html: (text, harmless, t) => {
    sameCount(t, /<\/?[a-z][a-z0-9]*/gi, text, harmless, 'tags');
    sameCount(t, /<!--/g, text, harmless, 'comments');
  },
  markdown: (text, harmless, t) => {
    const head = text.split('<details>')[0] ?? '';
    const sound = harmless.split('<details>')[0] ?? '';
    t.equal(head.split('\n').length, sound.split('\n').length, 'lines before the details');
    sameCount(t, /(?<!\\)\|/g, head, sound, 'cells of the table');
    // Out of code there is no markup, mention or link of a guest's.
    t.notMatch(head.replace(/(`+).*?\1/g, ''), /https?:\/\/|www\.|@|(?<!\\)\[|(?<!&)#\d|<(?!\/?details)/);
    const outside = text.replace(/^(`{3,})text\n[\s\S]*?^\1$/gm, '');
    sameCount(
      t,
      /<\/?(?:details|summary|code)>/g,
      outside,
      harmless.replace(/^(`{3,})text\n[\s\S]*?^\1$/gm, ''),
      'elements',
    );
    isLog(t, text);
  },
  github: (text, harmless, t) => {
    for (const line of text.trimEnd().split('\n'))
      t.match(line, /^::(?:error|warning|notice) [a-z]+=[^:]*::/);
    sameCount(t, /^::/gm, text, harmless, 'commands');
  },
};

for (const name of Object.keys(REPORTERS) as ReporterName[]) {
  t.test(`${name}: no text of a guest breaks out of its form`, async t => {
    const harmless = said(name, 'harmless');
    for (const [what, hostile] of Object.entries(HOSTILE)) {
      const text = said(name, hostile);
      await t.test(what, async t => {
        JUDGES[name](text, harmless, t as unknown as Tap);
        // JSON shows all but control characters as they are: it is read by programs.
        if (!name.startsWith('json')) t.notMatch(text, UNSEEN, 'only what can be seen');
      });
    }
  });
}

t.test('what is hostile is shown, not left out', async t => {
  const text = said('terminal', 'a\u001b[31mb\u202ec');
  t.match(text, 'a\\x1b[31mb\\u202ec');
});
