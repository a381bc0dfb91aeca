import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { findObjects } from './find-objects.ts';

/** A folder with these files, empty. */
function folder(t: Test, ...files: string[]): string {
  const dir = t.testdir({});
  for (const file of files) {
    mkdirSync(join(dir, file, '..'), { recursive: true });
    writeFileSync(join(dir, file), '');
  }
  return dir;
}

t.test('files, folders and globs, each object once', async t => {
  const dir = folder(
    t,
    'a.bpf.o',
    'a.bpf.c',
    'b.bpf.c',
    'plain.c',
    'old_kern.c',
    'sub/a.bpf.o',
    'notes.txt',
    '.git/x.o',
  );
  const names = (...args: string[]): string[] =>
    findObjects(args.map(arg => join(dir, arg))).map(({ name }) => name);
  t.strictSame(
    names('.'),
    ['a.bpf.o', 'b.bpf.c', 'old_kern.c', 'sub/a.bpf.o'],
    'no source of an object that is there',
  );
  t.strictSame(names('plain.c'), ['plain.c'], 'a file that is named is taken');
  t.strictSame(names('*.bpf.c'), ['a.bpf.c', 'b.bpf.c']);
  t.strictSame(names('**/*.o'), ['a.bpf.o', 'sub/a.bpf.o'], 'not in .git');
  t.strictSame(names('sub/?.bpf.o', 'sub'), ['a.bpf.o'], 'named twice');
  const [one = '', two = ''] = names('a.bpf.o', 'sub/a.bpf.o');
  t.not(one, two, 'files of one name have their paths');
  t.match([one, two], [/a\.bpf\.o$/, /sub\/a\.bpf\.o$/]);
});

t.test('what names nothing is said', async t => {
  const dir = folder(t, 'a.txt', 'x/readme');
  for (const [arg, message] of [
    ['none.o', /none\.o: no such file or folder$/],
    ['a.txt', /is not a C source \(\.c\), a compiled object \(\.o\) or a folder/],
    ['x', /holds no object \(\.o\) and no source/],
    ['*.o', /no \.o or \.c file matches$/],
    ['none/*.o', /no \.o or \.c file matches$/],
  ] as const)
    t.throws(() => findObjects([join(dir, arg)]), { code: 'usage', message });
});
