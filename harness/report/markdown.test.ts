import t from 'tap';
import { foldRun } from './fold.ts';
import { escapeData, escapeProperty } from './github.ts';
import { goldenEvents } from './golden.ts';
import { codeSpan, escapeText, renderMarkdown } from './markdown.ts';

t.test('a summary that is too long states how much is missing, and stays within its limit', async t => {
  const summary = foldRun(goldenEvents('full'));
  const whole = renderMarkdown(summary, 1e6);
  t.notMatch(whole, /left out/);
  const part = renderMarkdown(summary, 2600);
  t.ok(Buffer.byteLength(part) <= 2600, `${Buffer.byteLength(part)} bytes`);
  t.match(part, /\n\d more red cells left out: this summary is full\.\n$/);
  t.match(part, /<summary><code>panic/, 'the worst comes first');
  const tiny = renderMarkdown(summary, 500);
  t.ok(Buffer.byteLength(tiny) <= 500);
});

t.test('a name cannot break out of its code or its table', async t => {
  t.equal(codeSpan('a'), '`a`');
  t.equal(codeSpan('a`b|c'), '``a`b\\|c``');
  t.equal(codeSpan('`a'), '`` `a ``');
  t.equal(escapeText('<b> @x #1 [a](b) *c*'), '&#60;b&#62; &#64;x &#35;1 \\[a\\]\\(b\\) \\*c\\*');
});

t.test("GitHub's commands are escaped as its own toolkit escapes them", async t => {
  t.equal(escapeData('100% a\nb: c,d'), '100%25 a%0Ab: c,d');
  t.equal(escapeProperty('100% a\nb: c,d'), '100%25 a%0Ab%3A c%2Cd');
});
