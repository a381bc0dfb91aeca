import { stripVTControlCharacters } from 'node:util';
import t from 'tap';
import { goldenEvents } from './golden.ts';
import { createLiveBoard } from './live-board.ts';
import { textWidth } from './text.ts';

const START = Date.parse('2026-03-14T09:26:53.000Z');

function boardAfter(events: number, color = false) {
  const board = createLiveBoard({ color });
  for (const event of goldenEvents('full').slice(0, events)) board.onEvent(event);
  return board;
}

t.test('the board during a run', async t => {
  t.same(boardAfter(0).render({ now: START, columns: 80, rows: 24 }), [], 'nothing before the start');
  t.same(boardAfter(2).render({ now: START + 3200, columns: 80, rows: 24 }), [
    '0/10 cells  ────────────────────  0:03',
    '  6.1   preparing',
    '  6.12  ──────────────────── 0/5',
  ]);
  t.same(boardAfter(13).render({ now: START + 9000, columns: 90, rows: 24 }), [
    '4/10 cells  ━━━━━━━━────────────  0:09, about 0:06 left  1 panic  1 skip',
    '  6.1   ━━━━━━━━──────────── 2/5  1 panic',
    '  6.12  ━━━━━━━━──────────── 2/5  1 skip',
    '  ▸ 0:01  6.12  cpumap/kthread/entry-drop [nic=virtio mode=native]',
  ]);
  t.same(boardAfter(99).render({ now: START, columns: 80, rows: 24 }), [], 'nothing after the end');
});

t.test('it fits the terminal', async t => {
  const narrow = boardAfter(13).render({ now: START + 9000, columns: 24, rows: 24 });
  for (const line of narrow) t.ok(textWidth(line) <= 24, line);
  const low = boardAfter(13).render({ now: START + 9000, columns: 90, rows: 4 });
  t.equal(low.length, 3);
  t.match(low.at(-1), /entry-drop/, 'the running cell is shown');
});

t.test('colour does not change the width', async t => {
  const view = { now: START + 9000, columns: 40, rows: 24 };
  const coloured = boardAfter(13, true).render(view);
  t.not(coloured.join(''), boardAfter(13).render(view).join(''));
  t.same(coloured.map(stripVTControlCharacters), boardAfter(13).render(view));
});
