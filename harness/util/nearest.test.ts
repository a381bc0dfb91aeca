import t from 'tap';
import { didYouMean, nearest } from './nearest.ts';

t.test('nearest: the most similar name, or null if none is similar', async t => {
  const rows: [string, string[], string | null][] = [
    ['quise', ['name', 'qsize', 'flags'], 'qsize'],
    ['dorp', ['drops', 'drop'], 'drop'],
    ['sned', ['sent', 'send'], 'send'],
    ['zzzzzz', ['sent', 'send'], null],
    ['a', [], null],
  ];
  for (const [name, known, expected] of rows) t.equal(nearest(name, known), expected, name);
  t.equal(didYouMean('rxx', ['rx', 'tx']), ', did you mean `rx`?');
  t.equal(didYouMean('rxx', []), '');
});
