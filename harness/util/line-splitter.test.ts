import t from 'tap';
import { LineSplitter } from './line-splitter.ts';

function split(maxBytes: number, ...chunks: readonly string[]): string[] {
  const splitter = new LineSplitter(maxBytes);
  return chunks.flatMap(chunk => splitter.push(Buffer.from(chunk, 'latin1')));
}

t.same(split(9, 'a\nb', 'c\n\nd'), ['a', 'bc', '']);
t.same(split(9, 'a\r\n'), ['a']);
t.same(split(9, '\xc3', '\xa4\n'), ['ä'], 'a character in two chunks');
t.same(split(3, 'abc\nabc\n'), ['abc', 'abc'], 'the limit is of one line');
t.throws(() => split(3, 'ab', 'cd'), RangeError);
t.throws(() => split(3, 'abcd\n'), RangeError);

const splitter = new LineSplitter(100);
splitter.push(Buffer.from('a\nbcd'));
t.equal(splitter.pendingBytes, 3);
