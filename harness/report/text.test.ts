import t from 'tap';
import { cutTo, formatMs, logText, oneLine, padTo, plain, textWidth } from './text.ts';

t.test('plain', async t => {
  const rows: [string, string][] = [
    ['\u001b[31mred\u001b[0m', '\\x1b[31mred\\x1b[0m'],
    ['\u001b]0;title\u0007x', '\\x1b]0;title\\x07x'],
    ['\u009b2J', '\\x9b2J'],
    ['##[add-mask]x', '#\\x23[add-mask]x'],
    ['a\u2028b\u{e0041}', 'a\\u2028b\\u{e0041}'],
    ['👩‍🔬', '👩‍🔬'],
    ['a\u0000b\u0007', 'a\\x00b\\x07'],
    ['a\u001b', 'a\\x1b'],
    ['a\r\nb\rc', 'a\nb\\x0dc'],
    ['a\u202eb', 'a\\u202eb'],
    ['lone \ud83d surrogate', 'lone \\ud83d surrogate'],
    ['tab\tand\nline', 'tab\tand\nline'],
  ];
  for (const [text, expected] of rows) t.equal(plain(text), expected);
  t.equal(oneLine('  a\n  b\tc '), 'a b c');
  const began = performance.now();
  oneLine(`${' '.repeat(1_000_000)}x`);
  t.ok(performance.now() - began < 500, 'a megabyte of blanks takes no time');
});

t.test('text for a log has no command of a CI', async t => {
  t.equal(
    logText('::error::x\n  ::set-output name=a::b\na ::b'),
    '\\x3a:error::x\n  \\x3a:set-output name=a::b\na ::b',
  );
});

t.test('widths in columns', async t => {
  t.equal(textWidth('abc'), 3);
  t.equal(textWidth('🐝漢é'), 5);
  t.equal(padTo('🐝', 4), '🐝  ');
  t.equal(cutTo('abcdef', 4), 'abc…');
  t.equal(cutTo('abcd', 4), 'abcd');
  t.equal(textWidth(cutTo('🐝🐝🐝', 4)), 3);
});

t.test('times', async t => {
  const rows: [number, string][] = [
    [0, '0 ms'],
    [999, '999 ms'],
    [1234, '1.2 s'],
    [59_949, '59.9 s'],
    [59_999, '1 min 00 s'],
    [185_000, '3 min 05 s'],
  ];
  for (const [ms, expected] of rows) t.equal(formatMs(ms), expected);
});
