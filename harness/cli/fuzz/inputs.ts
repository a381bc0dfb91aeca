import fc from 'fast-check';

/** One change of a sample, by places that are taken modulo its length. */
type Edit =
  | { readonly kind: 'set'; readonly at: number; readonly value: number }
  | { readonly kind: 'word'; readonly at: number; readonly value: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'delete'; readonly at: number; readonly length: number }
  | { readonly kind: 'copy'; readonly at: number; readonly from: number; readonly length: number }
  | { readonly kind: 'repeat'; readonly at: number; readonly length: number; readonly times: number }
  | { readonly kind: 'cut'; readonly at: number };

/** Numbers at which readers go wrong: the ends of integer types, of what a double holds exactly, of timers. */
const NUMBERS = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

/** Texts that mean something to one of the parsers, or to those who read what it writes. */
const TOKENS = [
  NUMBERS.map(String),
  ['-1', '1e308', '1e999', '9007199254740993', '18446744073709551616', '.nan', '.inf', '0x', '0.5'],
  ['__proto__', 'constructor', 'toString', 'prototype', 'length', 'null', 'true', '~', '""', '{}', '[]'],
  ['&a ', '*a', '<<: ', '!!binary ', '- ', ': ', '? ', '|\n', '>\n', '---\n', '...\n', '%', '#', '\t'],
  ['(', ')', '[', ']', '{', '}', '((((((((', '[[[[[[[[', '!!!!', '&&', '||', '?:', '.all(x, ', '.map(x, '],
  ["'", '"', '\\', '\n', '\r\n', '\0', '\x1b[31m', '\u202e', '\u2028', '\ud800', '\ufeff', '$', '${', '$nic'],
  ['@', ',', '/', '../', '::error::', '##[', ']]>', '</script>', '<!--', '`', '|', '$(id)'],
]
  .flat()
  .map(text => Buffer.from(text));

const at = fc.nat();

const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), at, value: fc.integer({ min: 0, max: 255 }) }),
  fc.record({ kind: fc.constant('word' as const), at, value: fc.constantFrom(...NUMBERS) }),
  fc.record({ kind: fc.constant('insert' as const), at, bytes: fc.constantFrom(...TOKENS) }),
  fc.record({ kind: fc.constant('insert' as const), at, bytes: fc.uint8Array({ maxLength: 8 }) }),
  fc.record({ kind: fc.constant('delete' as const), at, length: fc.nat(64) }),
  fc.record({ kind: fc.constant('copy' as const), at, from: at, length: fc.nat(64) }),
  fc.record({ kind: fc.constant('repeat' as const), at, length: fc.nat(16), times: fc.nat(300) }),
  fc.record({ kind: fc.constant('cut' as const), at }),
);

/** A sample with up to eight changes. */
export function mutated(samples: readonly Buffer[]): fc.Arbitrary<Buffer> {
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(edit, { maxLength: 8 }))
    .map(([sample, edits]) => edits.reduce(changed, sample));
}

function changed(bytes: Buffer, edit: Edit): Buffer {
  const position = bytes.length === 0 ? 0 : edit.at % bytes.length;
  const [before, after] = [bytes.subarray(0, position), bytes.subarray(position)];
  switch (edit.kind) {
    case 'set':
      return Buffer.concat([before, Buffer.from([edit.value]), after.subarray(1)]);
    case 'word': {
      const word = Buffer.alloc(4);
      word.writeUInt32LE(edit.value);
      // Tables of binary formats are aligned.
      const start = position - (position % 4);
      return Buffer.concat([bytes.subarray(0, start), word, bytes.subarray(start + 4)]);
    }
    case 'insert':
      return Buffer.concat([before, edit.bytes, after]);
    case 'delete':
      return Buffer.concat([before, after.subarray(edit.length)]);
    case 'copy': {
      const from = bytes.length === 0 ? 0 : edit.from % bytes.length;
      return Buffer.concat([before, bytes.subarray(from, from + edit.length), after]);
    }
    case 'repeat': {
      const part = after.subarray(0, edit.length);
      return Buffer.concat([before, ...Array.from({ length: edit.times }, () => part), after]);
    }
    case 'cut':
      return before;
  }
}

/** Any JSON document, as text. */
export const anyJson: fc.Arbitrary<Buffer> = fc.json({ maxDepth: 4 }).map(text => Buffer.from(text));

/** Any text. */
export const anyText: fc.Arbitrary<Buffer> = fc
  .string({ unit: 'binary', maxLength: 200 })
  .map(text => Buffer.from(text));

/** Expressions of CEL's grammar, over names that a cell has and names that it does not have. */
export const celText: fc.Arbitrary<Buffer> = fc
  .letrec<{ expr: string }>(tie => ({
    expr: fc.oneof(
      { maxDepth: 6, withCrossShrink: true },
      fc.constantFrom(
        '1',
        '0',
        '-1',
        '1.5',
        'true',
        'null',
        '"a"',
        'b"a"',
        '[]',
        '{}',
        '9223372036854775807',
      ),
      fc.constantFrom(
        'sent',
        'rx.packets',
        'cpumap.cpu[1].offered',
        'log',
        'x',
        'kernel.version',
        'variant.nic',
      ),
      fc
        .tuple(
          tie('expr'),
          fc.constantFrom('==', '!=', '<', '+', '-', '*', '/', '%', '&&', '||', 'in'),
          tie('expr'),
        )
        .map(parts => parts.join(' ')),
      fc
        .tuple(
          fc.constantFrom('!', '-', 'size', 'int', 'string', 'double', 'sum', 'has', 'type'),
          tie('expr'),
        )
        .map(([op, inner]) => `${op}(${inner})`),
      fc
        .tuple(tie('expr'), fc.constantFrom('all', 'exists', 'map', 'filter', 'exists_one'), tie('expr'))
        .map(([list, loop, body]) => `${list}.${loop}(x, ${body})`),
      fc.tuple(tie('expr'), tie('expr')).map(([a, b]) => `${a}.matches(${b})`),
      fc.tuple(tie('expr'), tie('expr'), tie('expr')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
      fc.array(tie('expr'), { maxLength: 3 }).map(items => `[${items.join(', ')}]`),
    ),
  }))
  .expr.map(text => Buffer.from(text));
