import fc from 'fast-check';
import t from 'tap';
import { buildFrame } from './build.ts';
import { decodeFrame } from './decode.ts';
import { anyFrame } from './frame.fixture.ts';
import { unknownInFrame } from './frame-names.ts';

/** Every name of a decoded frame that `unknownInFrame` does not know. */
function unknownOf(frame: Buffer): string[] {
  const names = Object.entries(decodeFrame(frame)).flatMap(([name, value]) => [
    [name],
    ...(typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.keys(value).map(field => [name, field])
      : []),
  ]);
  return names.flatMap(path => unknownInFrame(path, []) ?? []);
}

t.test('each name that a frame has is known', async t => {
  fc.assert(
    fc.property(anyFrame, description => {
      t.same(unknownOf(buildFrame(description)), []);
    }),
    { numRuns: 200 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), bytes => {
      t.same(unknownOf(Buffer.from(bytes)), []);
    }),
    { numRuns: 200 },
  );
});

t.test('any other name is a mistake, with the nearest', async t => {
  const rows: [string[], RegExp][] = [
    [['tpc'], /^a frame has no `tpc`.*tcp/],
    [['ip', 'scr'], /^`ip` has no `scr`.*src/],
    [['payload', 'lenght'], /^`payload` has no `lenght`.*length/],
    [['direction'], /^a frame has no `direction`/],
  ];
  for (const [path, message] of rows) t.match(unknownInFrame(path, []), message);
  for (const path of [['direction'], ['vlan'], ['inner', 'ip', 'src'], ['*'], ['ip', '*'], []])
    t.equal(unknownInFrame(path, ['direction']), null, path.join('.'));
});
